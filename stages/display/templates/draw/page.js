// The page: what is on the sheet goes to the network, and its answer to the reader.

const page = JSON.parse(document.getElementById("data").textContent);
const model = decoded(page.model), doubt = page.doubt && decoded(page.doubt);
const part = id => document.getElementById(id);
const percent = p => p >= 0.9995 ? ">99.9\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`;

let images = [], chosen = 0, rival = null, beyond = false;  // of the sheet: what the network sees, and which of it is shown

const sheet = new Sheet(part("sheet"), isDrawing => later(isDrawing));

// Ask at most as often as leaves time for drawing.
let timer = 0, cost = 0;
function later(isDrawing) {
  if (!isDrawing) {
    clearTimeout(timer);
    timer = 0;
    answer(false);
  } else timer ||= setTimeout(() => { timer = 0; answer(true); }, Math.max(16, 2 * cost));
}

function answer(isDrawing) {
  const start = performance.now();
  see();
  chosen = Math.min(chosen, Math.max(images.length - 1, 0));
  rival = null;
  const answers = images.map(image => ask(model, image));
  cost = performance.now() - start;
  tell(answers, isDrawing);
}

function see() {
  const { image } = sheet.content;
  beyond = false;
  if (image) images = [image];
  else if (sheet.isEmpty) images = [];
  else if (!page.digits) images = [toSquare(greyOf(coloursOf(sheet.pixels())), model.side)];
  else ({ images, beyond } = look(sheet.pixels()));
}

function tell(answers, isDrawing) {
  const best = answers.map(({ probabilities }) => order(probabilities)[0]);
  part("told").textContent = best.map(k => page.labels[k]).join(page.digits ? "" : " ") || " ";
  part("told").classList.toggle("long", part("told").textContent.length > 2);
  part("hint").hidden = !sheet.isEmpty;
  part("sheet").classList.toggle("picture", Boolean(sheet.content.picture));
  part("undo").disabled = !sheet.past.length;
  part("clear").disabled = part("save").disabled = sheet.isEmpty;
  part("seen").replaceChildren(...images.length < 2 ? [] : images.map((image, k) => thumbnail(image, `Digit ${k + 1}: ${best[k]}`, () => {
    [chosen, rival] = [k, null];
    tell(answers, false);
    part("seen").children[k].focus();
  }, k === chosen)));
  showBars(answers[chosen], answers, isDrawing);
  showEvidence(answers[chosen], isDrawing);
  if (isDrawing) return;  // a voice would not come to an end
  part("words").textContent = words(answers[chosen]);
  part("notes").textContent = notes().join(" ");
}

function order(probabilities) {
  return [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
}

const bars = page.labels.map((label, k) => {
  const row = part("bar").content.firstElementChild.cloneNode(true);
  row.querySelector(".label").textContent = label;
  part("bars").append(row);
  return row;
});

function showBars(answer, answers) {
  bars.forEach((row, k) => {
    const p = answer?.probabilities[k] ?? 0, button = row.querySelector("button");
    row.querySelector(".fill").style.width = `${100 * p}%`;
    row.querySelector(".percent").textContent = answer ? percent(p) : "";
    row.classList.toggle("best", Boolean(answer) && k === order(answer.probabilities)[0]);
    row.classList.toggle("rival", Boolean(answer) && k === rival);
    button.disabled = !answer;
    button.setAttribute("aria-pressed", k === rival);
    button.onclick = () => { rival = k === rival ? null : k; tell(answers, false); };
  });
}

// How sure it is. The probabilities have the temperature in them by which they are as often right as they say.
function words(answer) {
  if (!answer) return sheet.isEmpty ? "" : `No ${page.word} found.`;
  const [a, b, c] = order(answer.probabilities), p = answer.probabilities, name = k => page.labels[k];
  if (p[a] >= 0.99) return `${page.word === "digit" ? "If it is a digit, it is" : "It is"} ${name(a)}: ${percent(p[a])}.`;
  if (p[a] >= 0.9) return `Fairly sure of ${name(a)}, ${percent(p[a])}; ${name(b)} has ${percent(p[b])}.`;
  if (p[a] >= 0.6) return `In doubt: ${name(a)} with ${percent(p[a])}, or ${name(b)} with ${percent(p[b])}.`;
  return `It does not know: ${name(a)} ${percent(p[a])}, ${name(b)} ${percent(p[b])}, ${name(c)} ${percent(p[c])}.`;
}

function notes() {
  const { truth, name } = sheet.content, found = [];
  if (name) found.push(truth === undefined ? `${name}.` : `${name}; its label is ${truth}.`);
  if (doubt && images.length && strangeness(doubt, images[chosen]) > doubt.threshold)
    found.push("Doubtful: unlike any digit it has learned.");
  if (images.length > 1) found.push(`${images.length} digits; the bars are of number ${chosen + 1}. Press another below.`);
  if (beyond) found.push("There is more than digits in it, or light and shadow. This page reads clean pictures only: for others, " +
    "save it and run python -m stages.predict FILE.");
  return found;
}

// log P(no digit) / P(some digit), as the mean over five places of the image.
function strangeness(doubt, image) {
  const X = Float64Array.from(image);
  return average([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]].map(([dy, dx]) => {
    const [Z] = logits(doubt, rolled(X, SIDE, dy, dx)), digits = Z.subarray(0, -1), top = Math.max(...digits);
    return Z.at(-1) - top - Math.log(digits.reduce((total, z) => total + Math.exp(z - top), 0));
  }));
}

function rolled(X, side, dy, dx) {  // what leaves the image on one side comes in on the other
  return X.map((_, i) => X[(Math.floor(i / side) - dy + side) % side * side + (i % side - dx + side) % side]);
}

function thumbnail(image, name, pressed, isChosen = false) {
  const button = document.createElement("button"), canvas = canvasOf(model.side, model.side);
  paintImage(canvas, image);
  button.className = "thumbnail";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-pressed", isChosen);
  button.append(canvas);
  button.onclick = pressed;
  return button;
}

function paintImage(canvas, image, colour = v => [255 * v, 255 * v, 255 * v]) {
  const context = canvas.getContext("2d"), pixels = context.createImageData(canvas.width, canvas.height);
  image.forEach((v, i) => pixels.data.set([...colour(v, i), 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

// The ink that speaks for the answer in blue, that against it in orange, compared with the second guess or the pressed bar.
const FOR = [64, 156, 255], AGAINST = [255, 136, 0];
function showEvidence(answer, isDrawing) {
  paintImage(part("image"), images[chosen] ?? new Float32Array(model.side ** 2));
  const canvas = part("evidence");
  if (!answer) paintImage(canvas, new Float32Array(model.side ** 2));
  if (!answer) part("against").textContent = "what speaks for it and against it";
  if (!answer || (isDrawing && cost > 20)) return;
  const [best, second] = order(answer.probabilities), other = rival === null || rival === best ? second : rival;
  const image = images[chosen], evidence = answer.evidence(best, other), largest = Math.max(largestOf(evidence.map(Math.abs)), 1e-30);
  paintImage(canvas, image, (v, i) => {
    const strength = Math.sqrt(Math.abs(evidence[i]) / largest), colour = evidence[i] > 0 ? FOR : AGAINST;
    return colour.map(c => (1 - strength) * 110 * v + strength * c);
  });
  const [one, two] = [page.labels[best], page.labels[other]];
  const parts = ["blue", ` speaks for ${one} and not ${two}, `, "orange", " against it"];
  part("against").replaceChildren(...parts.map((text, i) => i % 2 ? text : Object.assign(document.createElement("b"), { className: text, textContent: text })));
}

// The data set's images, to step through.
function bytesOf(base64) {
  return Float32Array.from(atob(base64), letter => letter.charCodeAt(0) / 255);
}

const samples = page.samples.flatMap(({ id, images }) => images.map(({ index, truth, pixels }) => {
  const sample = { image: bytesOf(pixels), name: `Test image ${index}`, truth };
  const button = thumbnail(sample.image, `${sample.name}, label ${truth}`, () => sheet.show(sample));
  part(id).append(button);
  return { sample, button };
}));

function step(by) {
  if (!samples.length) return;
  const place = samples.findIndex(({ sample }) => sample === sheet.content);
  const next = place < 0 ? (by > 0 ? 0 : samples.length - 1) : (place + by + samples.length) % samples.length;
  samples[next].button.click();
  samples[next].button.focus({ preventScroll: true });
}

// Pictures: dropped, pasted, or chosen.
const LARGEST = 4096;  // pixels of a side; larger ones are made smaller by the browser
async function take(file) {
  if (!file) return;
  try {
    const bitmap = await createImageBitmap(file), scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const picture = canvasOf(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
    picture.getContext("2d").drawImage(bitmap, 0, 0, picture.width, picture.height);
    sheet.show({ picture, name: file.name || "Pasted picture" });
  } catch {
    part("notes").textContent = `${file.name || "What was pasted"} is no picture that this browser reads; save it as PNG or JPEG first.`;
  }
}

function save() {
  const { image } = sheet.content, canvas = image ? canvasOf(model.side, model.side) : sheet.source;
  if (image) paintImage(canvas, image);
  canvas.toBlob(blob => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "digit.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

part("undo").onclick = () => sheet.undo();
part("clear").onclick = () => sheet.isEmpty || sheet.show({ strokes: [] });
part("save").onclick = save;
part("open").onclick = () => part("file").click();
part("file").onchange = event => { take(event.target.files[0]); event.target.value = ""; };
for (const [id, by] of [["before", -1], ["next", 1]]) part(id)?.addEventListener("click", () => step(by));
document.addEventListener("paste", event => take([...event.clipboardData.files].find(file => file.type.startsWith("image/"))));
document.addEventListener("dragover", event => event.preventDefault());
document.addEventListener("drop", event => {
  event.preventDefault();
  if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  else part("notes").textContent = "That was no file: save the picture first, and drop its file here.";
});
document.addEventListener("keydown", event => {
  const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  if (control && key === "z") sheet.undo();
  else if (control && key === "s" && !sheet.isEmpty) save();
  else if (key === "delete") part("clear").click();
  else if (key === "arrowright" && event.target.closest(".samples")) step(1);
  else if (key === "arrowleft" && event.target.closest(".samples")) step(-1);
  else return;
  event.preventDefault();
});
answer(false);

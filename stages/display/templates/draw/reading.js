// A picture -> its digits in MNIST's form, as stages/pictures (digits.py, reading.py) reads most pictures. What it does beyond
// that, with sheets on a table, shadows, rulings and printed boxes, is not here: then `beyond` is true.

// ImageData -> { images, beyond }: digits in reading order; none where nothing stands out.
function look(pixels) {
  const { width, height } = pixels, long = Math.max(width, height), short = Math.min(width, height);
  if (long > 50 * short) return { images: [], beyond: true };
  const picture = coloursOf(pixels), ink = inkOf(picture);
  if (!largestOf(ink.data)) return { images: [], beyond: false };
  if (width === SIDE && height === SIDE && isInForm(ink)) return { images: [cut(ink)], beyond: false };
  const top = percentile(ink.data.filter(v => v > 0), 99), level = Math.min(Math.max(otsu(ink.data), 0.15 * top), 0.5 * top);
  const mask = maskOf(ink.data, v => v > level), pieces = labelled(mask, ink.height, ink.width);
  const seen = found(pieces, ink.height, ink.width), uneven = unevenness(ink, mask);
  const enough = uneven < 0.02 ? 0.75 : 0.97;
  return {
    images: seen.rows.flat().map(digit => imageOf(digit, ink, pieces.labels, seen.isPlain)),
    beyond: !seen.isPlain || seen.cover < enough || uneven > 0.15,
  };
}

function isInForm(ink) {
  const image = cut(ink), largest = largestOf(ink.data);
  return image.every((v, i) => Math.abs(v - ink.data[i] / largest) <= 1e-3 + 1e-5 * ink.data[i] / largest);
}

// Pixels, an odd number, by which the soft edge of a stroke is wider than its mark, on both sides together.
function reach({ height, width }) {
  return 2 * Math.max(1, Math.floor(Math.max(height, width) / 60)) + 1;
}

// One digit in MNIST's form. Where nothing but specks is beside it, the faintest ink also counts that no other mark is near.
function imageOf(digit, ink, labels, isPlain) {
  const { height, width, data } = ink, near = reach(ink);
  const isOwn = new Set(digit.labels), own = maskOf(labels, label => label > 0 && isOwn.has(label)), around = widened(own, height, width, near);
  const strict = () => cut({ height, width, data: data.map((v, i) => around[i] ? v : 0) });
  if (!isPlain) return strict();
  const others = widened(maskOf(labels, (label, i) => label > 0 && !own[i]), height, width, 3 * near);
  const faintest = { height, width, data: data.map((v, i) => others[i] && !around[i] ? 0 : v) };
  const [top, bottom, left, right] = boxOf(faintest);
  const wider = Math.max(digit.top - top, bottom - digit.bottom, digit.left - left, right - digit.right);
  return wider <= 2 * near ? cut(faintest) : strict();
}

function cut(ink) {
  const [top, bottom, left, right] = boxOf(ink), height = bottom - top, width = right - left;
  const data = new Float64Array(height * width);
  for (let y = 0; y < height; y++) data.set(ink.data.subarray((top + y) * ink.width + left, (top + y) * ink.width + right), y * width);
  return fitAndCentre({ height, width, data });
}

// Top, bottom, left and right of the digit, leaving out specks that stand apart from it.
function boxOf({ height, width, data }) {
  const least = 0.1 * largestOf(data);
  let top = 0, bottom = height, left = 0, right = width;
  for (let round = 0; round < 2; round++) {
    const down = new Float64Array(bottom - top), across = new Float64Array(right - left);
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (data[y * width + x] > least) down[y - top] += data[y * width + x];
    [top, bottom] = span(down).map(end => top + end);
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (data[y * width + x] > least) across[x - left] += data[y * width + x];
    [left, right] = span(across).map(end => left + end);
  }
  return [top, bottom, left, right];
}

// Start and end of the runs above zero that hold at least a fiftieth of the whole.
function span(profile) {
  const total = profile.reduce((a, b) => a + b, 0), runs = [];
  for (let start = 0; start < profile.length; start++) {
    if (!profile[start]) continue;
    let end = start, held = 0;
    while (end < profile.length && profile[end]) held += profile[end++];
    if (held >= 0.02 * total) runs.push([start, end]);
    start = end;
  }
  return [runs[0][0], runs.at(-1)[1]];
}

// How much the brightness of the paper differs from what it was taken for, away from the marks, as a share of the ink's own
// difference: what all but a fiftieth of the pixels keep to.
function unevenness(ink, mask) {
  const { height, width, data, grey } = ink, near = widened(mask, height, width, 3 * reach(ink));
  const away = new Float64Array(height * width);
  let even = 0, count = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (near[y * width + x]) continue;
      let total = 0;
      for (let j = y - 1; j <= y + 1; j++)
        for (let i = x - 1; i <= x + 1; i++) total += grey[clamp(j, height) * width + clamp(i, width)];
      if (Math.abs(total) < 1e-9) even++;
      else away[count++] = Math.abs(total / 9);
    }
  if (count < 0.02 * (count + even)) return 0;
  return percentile(away.subarray(0, count + even), 98) / largestOf(data);
}

function clamp(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}

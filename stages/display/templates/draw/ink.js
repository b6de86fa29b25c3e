// A picture -> its ink: how far each pixel goes from the paper towards the pen, as stages/pictures (colours.py, paper.py) tells
// it. The paper is told by the border of the picture. Light falling in from one side is taken out; shadows are not.

const ENOUGH = 256, LEAST = 0.015;

// ImageData -> height, width, and red, green and blue between 0 and 1, of no more pixels than are needed.
function coloursOf({ data, width, height }) {
  const factor = Math.max(1, Math.floor(Math.min(width, height) / ENOUGH));
  const h = Math.ceil(height / factor), w = Math.ceil(width / factor);
  const colours = [0, 1, 2].map(() => new Float32Array(h * w)), alpha = new Float32Array(h * w);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const bottom = Math.min((y + 1) * factor, height), right = Math.min((x + 1) * factor, width);
      const total = [0, 0, 0, 0], count = (bottom - y * factor) * (right - x * factor);
      for (let j = y * factor; j < bottom; j++)
        for (let i = x * factor; i < right; i++)
          for (let c = 0; c < 4; c++) total[c] += data[(j * width + i) * 4 + c];
      for (let c = 0; c < 3; c++) colours[c][y * w + x] = Math.round(total[c] / count) / 255;
      alpha[y * w + x] = Math.round(total[3] / count) / 255;
    }
  return { height: h, width: w, colours: alpha.every(a => a === 1) ? colours : overPaper(colours, alpha) };
}

// What is transparent lies over white where its ink is dark, else over black.
function overPaper(colours, alpha) {
  let ink = 0, visible = 0;
  alpha.forEach((a, i) => { if (a > 0.5) { visible++; ink += (colours[0][i] + colours[1][i] + colours[2][i]) / 3; } });
  const paper = ink / visible < 0.5 ? 1 : 0;
  return colours.map(channel => channel.map((v, i) => alpha[i] * v + (1 - alpha[i]) * paper));
}

function greyOf({ height, width, colours: [red, green, blue] }) {
  return { height, width, data: red.map((r, i) => 0.299 * r + 0.587 * green[i] + 0.114 * blue[i]) };
}

// The ink, all 0 where nothing stands out, and the difference of each pixel from the paper.
function inkOf({ height, width, colours }) {
  const x = i => 2 * (i % width) / Math.max(width - 1, 1) - 1, y = i => 2 * Math.floor(i / width) / Math.max(height - 1, 1) - 1;
  const border = [];
  for (let i = 0; i < height * width; i++)
    if (i < width || i >= (height - 1) * width || i % width === 0 || i % width === width - 1) border.push(i);
  const plane = planeThrough(border.map(i => [1, y(i), x(i)]), border.map(i => colours.map(channel => channel[i])));
  const difference = colours.map((channel, c) => Float64Array.from(channel, (v, i) =>
    v - (plane[0][c] + plane[1][c] * y(i) + plane[2][c] * x(i))));
  const [R, G, B] = difference, direction = [0, 0, 0];
  for (let i = 0; i < R.length; i++) {  // the cube lets the ink outweigh the noise
    const square = R[i] ** 2 + G[i] ** 2 + B[i] ** 2;
    for (let c = 0; c < 3; c++) direction[c] += difference[c][i] * square;
  }
  const long = Math.max(Math.hypot(...direction), 1e-38), [r, g, b] = direction.map(d => d / long);
  const data = R.map((d, i) => (d * r + G[i] * g + B[i] * b) / Math.sqrt(3));
  const beside = border.map(i => Math.abs(data[i]));
  const noise = 3 * Math.min(1.4826 * percentile(beside, 50), percentile(beside, 90) / 1.645);
  const ink = data.map(v => Math.max(v - noise, 0));
  return { height, width, data: largestOf(ink) > Math.max(LEAST, noise) ? ink : ink.fill(0), difference };
}

// Coefficients of the plane through colours, by least absolute deviations: least squares with weights 1 / |residual|.
function planeThrough(basis, colours) {
  let weights = basis.map(() => 1), fit;
  for (let round = 0; round < 10; round++) {
    const A = [0, 1, 2].map(() => [0, 0, 0, 0, 0, 0]);  // the normal equations, for three channels
    basis.forEach((row, n) => {
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) A[i][j] += weights[n] * row[i] * row[j];
        for (let c = 0; c < 3; c++) A[i][3 + c] += weights[n] * row[i] * colours[n][c];
      }
    });
    fit = solved(A);
    weights = basis.map((row, n) => 1 / (Math.max(...colours[n].map((v, c) =>
      Math.abs(v - row[0] * fit[0][c] - row[1] * fit[1][c] - row[2] * fit[2][c]))) + 1e-3));
  }
  return fit;
}

// Gauss and Jordan; what cannot be told (a picture one pixel wide) is 0.
function solved(A) {
  for (let i = 0; i < 3; i++) {
    const pivot = A[i][i], usable = Math.abs(pivot) > 1e-9;
    A[i] = A[i].map(v => usable ? v / pivot : 0);
    for (let j = 0; j < 3; j++) if (j !== i) { const factor = A[j][i]; A[j] = A[j].map((v, k) => v - factor * A[i][k]); }
  }
  return A.map(row => row.slice(3));
}

// The level that best parts values in two kinds: the variance between them is largest (Otsu 1979).
function otsu(values) {
  const high = largestOf(values), low = -largestOf(values.map(v => -v)), n = values.length;
  if (high - low < 1e-6) return high;
  const count = new Float64Array(256), edge = k => low + (high - low) * k / 256;
  values.forEach(v => { count[Math.min(Math.floor((v - low) / (high - low) * 256), 255)]++; });
  const total = count.reduce((mean, c, k) => mean + c * edge(k), 0) / n;
  let share = 0, mean = 0, best = 0, place = 0;
  count.forEach((c, k) => {
    share += c / n;
    mean += c * edge(k) / n;
    const between = share > 0 && share < 1 ? (total * share - mean) ** 2 / (share * (1 - share)) : 0;
    if (between > best) [best, place] = [between, k];
  });
  return edge(place + 1);
}

// The maximum of a mask in the square of `size` pixels, an odd number, around each pixel.
function widened(mask, height, width, size) {
  const along = (mask, lines, length, step, next) => {
    const out = new Uint8Array(mask.length), reach = size >> 1;
    for (let line = 0; line < lines; line++)
      for (const way of [1, -1])
        for (let k = 0, since = reach + 1; k < length; k++) {
          const i = line * next + (way > 0 ? k : length - 1 - k) * step;
          since = mask[i] ? 0 : since + 1;
          if (since <= reach) out[i] = 1;
        }
    return out;
  };
  return along(along(mask, height, width, 1, width), width, height, width, 1);
}

// A picture -> its ink: how far each pixel goes from the paper towards the pen, as stages/pictures (colours.py, paper.py) tells
// it. The paper is told by the border of the picture. Light falling in from one side is taken out; shadows are not.

const ENOUGH = 256, LEAST = 0.015;

// ImageData -> height, width, and red, green and blue between 0 and 1, of no more pixels than are needed.
function coloursOf({ data, width, height }) {
  const factor = Math.max(1, Math.floor(Math.min(width, height) / ENOUGH));
  const h = Math.ceil(height / factor), w = Math.ceil(width / factor);
  const [red, green, blue, alpha] = [0, 1, 2, 3].map(() => new Float32Array(h * w));
  let opaque = true;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const bottom = Math.min((y + 1) * factor, height), right = Math.min((x + 1) * factor, width);
      let r = 0, g = 0, b = 0, a = 0, count = 0;
      for (let j = y * factor; j < bottom; j++)
        for (let i = x * factor; i < right; i++) {
          const place = (j * width + i) * 4;
          r += data[place];
          g += data[place + 1];
          b += data[place + 2];
          a += data[place + 3];
          count++;
        }
      red[y * w + x] = Math.round(r / count) / 255;
      green[y * w + x] = Math.round(g / count) / 255;
      blue[y * w + x] = Math.round(b / count) / 255;
      alpha[y * w + x] = Math.round(a / count) / 255;
      opaque &&= a === 255 * count;
    }
  const colours = [red, green, blue];
  return { height: h, width: w, colours: opaque ? colours : overPaper(colours, alpha) };
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

// The ink, all 0 where nothing stands out, and the brightness of each pixel's difference from the paper.
function inkOf({ height, width, colours: [red, green, blue] }) {
  const n = height * width, border = [], fit = [];
  const y = i => 2 * Math.floor(i / width) / Math.max(height - 1, 1) - 1, x = i => 2 * (i % width) / Math.max(width - 1, 1) - 1;
  for (let i = 0; i < n; i++) if (i < width || i >= n - width || i % width === 0 || i % width === width - 1) border.push(i);
  const plane = planeThrough(border.map(i => [1, y(i), x(i)]), border.map(i => [red[i], green[i], blue[i]]));
  const R = new Float64Array(n), G = new Float64Array(n), B = new Float64Array(n), direction = [0, 0, 0];
  for (let row = 0, i = 0; row < height; row++) {
    for (let c = 0; c < 3; c++) fit[c] = plane[0][c] + plane[1][c] * y(i);
    for (const end = i + width; i < end; i++) {
      const right = x(i);
      R[i] = red[i] - fit[0] - plane[2][0] * right;
      G[i] = green[i] - fit[1] - plane[2][1] * right;
      B[i] = blue[i] - fit[2] - plane[2][2] * right;
      const square = R[i] * R[i] + G[i] * G[i] + B[i] * B[i];  // the cube lets the ink outweigh the noise
      direction[0] += R[i] * square;
      direction[1] += G[i] * square;
      direction[2] += B[i] * square;
    }
  }
  const long = Math.max(Math.hypot(...direction), 1e-38), [r, g, b] = direction.map(d => d / long);
  const grey = R.map((v, i) => 0.299 * v + 0.587 * G[i] + 0.114 * B[i]);
  const data = R.map((v, i) => (v * r + G[i] * g + B[i] * b) / Math.sqrt(3));
  const beside = border.map(i => Math.abs(data[i]));
  const noise = 3 * Math.min(1.4826 * percentile(beside, 50), percentile(beside, 90) / 1.645);
  for (let i = 0; i < n; i++) data[i] = Math.max(data[i] - noise, 0);
  return { height, width, data: largestOf(data) > Math.max(LEAST, noise) ? data : data.fill(0), grey };
}

// Coefficients of the plane through colours, by least absolute deviations: least squares with weights 1 / |residual|.
function planeThrough(basis, colours) {
  if (colours.every(colour => colour.every((v, c) => v === colours[0][c]))) return [colours[0], [0, 0, 0], [0, 0, 0]];
  const weights = new Float64Array(basis.length).fill(1);
  let fit;
  for (let round = 0; round < 10; round++) {
    const A = [0, 1, 2].map(() => new Float64Array(6));  // the normal equations, for three channels
    for (let n = 0; n < basis.length; n++)
      for (let i = 0; i < 3; i++) {
        const weighted = weights[n] * basis[n][i];
        for (let j = 0; j < 3; j++) {
          A[i][j] += weighted * basis[n][j];
          A[i][3 + j] += weighted * colours[n][j];
        }
      }
    fit = solved(A);
    for (let n = 0; n < basis.length; n++) {
      let most = 0;
      for (let c = 0; c < 3; c++)
        most = Math.max(most, Math.abs(colours[n][c] - fit[0][c] - basis[n][1] * fit[1][c] - basis[n][2] * fit[2][c]));
      weights[n] = 1 / (most + 1e-3);
    }
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
  const n = values.length, high = largestOf(values);
  let low = Infinity;
  for (let i = 0; i < n; i++) if (values[i] < low) low = values[i];
  if (high - low < 1e-6) return high;
  const count = new Float64Array(256), edge = k => low + (high - low) * k / 256;
  for (let i = 0; i < n; i++) count[Math.min(Math.floor((values[i] - low) / (high - low) * 256), 255)]++;
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

// 1 where the test holds for a value, else 0.
function maskOf(values, test) {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) if (test(values[i], i)) mask[i] = 1;
  return mask;
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

// Ink -> the form of MNIST's images, as stages/datasets/centring.py makes it: the longest side of the digit is 20 pixels, its
// centre of mass lies in the pixel (14, 14). A map is { height, width, data }, row by row.

const SIDE = 28, BOX = 20, CENTRE = 14;

// The ink of one digit, cut to what is not empty -> 28 x 28 numbers between 0 and 1.
function fitAndCentre(ink) {
  const scale = BOX / Math.max(ink.height, ink.width);
  const height = Math.max(1, roundEven(ink.height * scale)), width = Math.max(1, roundEven(ink.width * scale));
  const digit = resized({ ...ink, data: new Float32Array(ink.data) }, height, width, BICUBIC);
  const data = digit.data.map(v => Math.max(v, 0)), largest = largestOf(data), image = new Float32Array(SIDE * SIDE);
  const rows = Float32Array.from({ length: height }, (_, y) => pairwiseSum(data.subarray(y * width, (y + 1) * width)));
  const columns = new Float32Array(width);
  data.forEach((v, i) => { columns[i % width] += v; });
  const top = offset(rows), left = offset(columns);
  data.forEach((v, i) => { image[(top + Math.floor(i / width)) * SIDE + left + i % width] = v / largest; });
  return image;
}

// Where a profile of rows or columns starts so that its centre of mass lies in the centre, and all of it inside.
function offset(profile) {
  const mean = profile.reduce((total, v, i) => total + v * i, 0) / pairwiseSum(profile);
  return Math.min(Math.max(roundEven(CENTRE - mean), 0), SIDE - profile.length);
}

// Any picture -> a square of grey levels on a dark ground, for networks that tell other things than digits, as
// stages/pictures/square.py makes it.
function toSquare(grey, side) {
  const { height, width } = grey, border = [];
  grey.data.forEach((v, i) => {
    const y = Math.floor(i / width), x = i % width;
    for (let times = (y === 0) + (y === height - 1) + (x === 0) + (x === width - 1); times; times--) border.push(v);
  });
  let paper = percentile(border, 50);
  const dark = paper > 0.5 ? { ...grey, data: grey.data.map(v => 1 - v) } : grey;
  if (paper > 0.5) paper = 1 - paper;
  const scale = side / Math.max(height, width), h = Math.max(1, roundEven(height * scale)), w = Math.max(1, roundEven(width * scale));
  const small = resized(dark, h, w, scale < 1 ? MEAN : BICUBIC), image = new Float32Array(side * side).fill(paper);
  const top = (side - h) >> 1, left = (side - w) >> 1;
  small.data.forEach((v, i) => { image[(top + Math.floor(i / w)) * side + left + i % w] = Math.min(Math.max(v, 0), 1); });
  return image;
}

// Resampling as Pillow does it: each new pixel is a weighted mean, by a filter that widens where the picture gets smaller.
const BICUBIC = {
  support: 2,
  weight: x => (x = Math.abs(x)) < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0,
};
const MEAN = { support: 0.5, weight: x => x > -0.5 && x <= 0.5 ? 1 : 0 };

function resized({ height, width, data }, newHeight, newWidth, filter) {
  if (newWidth !== width) data = alongRows(data, height, width, newWidth, filter);
  if (newHeight !== height) data = turned(alongRows(turned(data, height, newWidth), newWidth, height, newHeight, filter), newWidth, newHeight);
  return { height: newHeight, width: newWidth, data };
}

function alongRows(data, height, width, newWidth, { support, weight }) {
  const scale = width / newWidth, wide = Math.max(scale, 1), out = new Float32Array(height * newWidth);
  for (let x = 0; x < newWidth; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support * wide + 0.5), 0);
    const last = Math.min(Math.trunc(centre + support * wide + 0.5), width);
    const weights = [];
    for (let i = first; i < last; i++) weights.push(weight((i - centre + 0.5) * (1 / wide)));
    const total = weights.reduce((a, b) => a + b, 0);
    for (let i = 0; i < weights.length; i++) weights[i] /= total;
    for (let y = 0; y < height; y++) {
      let mean = 0;
      for (let i = first; i < last; i++) mean += data[y * width + i] * weights[i - first];
      out[y * newWidth + x] = mean;
    }
  }
  return out;
}

function turned(data, height, width) {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x];
  return out;
}

// NumPy's order of adding up, so that a centre between two pixels falls to the same one.
function pairwiseSum(values) {
  const f = Math.fround, n = values.length - values.length % 8, r = values.slice(0, n ? 8 : 0);
  for (let i = 8; i < n; i++) r[i % 8] = f(r[i % 8] + values[i]);
  let total = n ? f(f(f(r[0] + r[1]) + f(r[2] + r[3])) + f(f(r[4] + r[5]) + f(r[6] + r[7]))) : 0;
  for (let i = n; i < values.length; i++) total = f(total + values[i]);
  return total;
}

// To the nearest whole number; what lies in the middle to the even one, as in Python.
function roundEven(x) {
  const down = Math.floor(x), rest = x - down;
  return down + (rest > 0.5 || (rest === 0.5 && down % 2 !== 0));
}

// NumPy's percentile: between the two numbers beside it in order.
function percentile(values, share) {
  const sorted = new Float64Array(values).sort(), place = (sorted.length - 1) * share / 100, low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}

function largestOf(values) {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  return largest;
}

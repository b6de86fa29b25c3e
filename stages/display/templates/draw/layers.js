// The layers in prediction, as dnn/layers has them. Each takes itself, its input X and the shape of X. It answers Y, the
// shape of Y, and a function that brings a gradient dY back to dX. An image is (height, width, channels).

const LAYERS = {
  dense({ W, b }, X) {  // Y = X W + b; dX = dY Wᵀ
    const n = b.length, Y = Float64Array.from(b);
    for (let i = 0; i < X.length; i++) addScaled(Y, 0, X[i], W, i * n, n);
    return [Y, [n], dY => X.map((_, i) => dot(dY, 0, W, i * n, n))];
  },

  conv({ W, b, kernel, stride, padding }, X, shape) {  // Y[out] = b + Σ X[in] W[place]; dX[in] = Σ dY[out] W[place]ᵀ
    const grid = windows(kernel, stride, padding, shape), c = shape[2], n = W.length / grid.places / c;
    const Y = new Float64Array(grid.outputs * n);
    if (b) for (let i = 0; i < Y.length; i++) Y[i] = b[i % n];
    grid.each((place, from, to) => {
      for (let k = 0; k < c; k++) addScaled(Y, to * n, X[from * c + k], W, (place * c + k) * n, n);
    });
    return [Y, [...grid.out, n], dY => {
      const dX = new Float64Array(X.length);
      grid.each((place, from, to) => {
        for (let k = 0; k < c; k++) dX[from * c + k] += dot(dY, to * n, W, (place * c + k) * n, n);
      });
      return dX;
    }];
  },

  maxpool({ size, stride, padding }, X, shape) {  // Y = the largest of each window, which alone gets dY
    const grid = windows(size, stride ?? size, padding, shape), c = shape[2];
    const Y = new Float64Array(grid.outputs * c).fill(-Infinity), chosen = new Int32Array(Y.length);
    grid.each((_, from, to) => {
      for (let k = 0; k < c; k++)
        if (X[from * c + k] > Y[to * c + k]) Y[to * c + k] = X[chosen[to * c + k] = from * c + k];
    });
    return [Y, [...grid.out, c], dY => {
      const dX = new Float64Array(X.length);
      chosen.forEach((from, to) => { dX[from] += dY[to]; });
      return dX;
    }];
  },

  avgpool({ size, stride, padding }, X, shape) {  // Y = the mean of what of each window is inside of the image
    const grid = windows(size, stride ?? size, padding, shape), c = shape[2];
    const Y = new Float64Array(grid.outputs * c), dX = new Float64Array(X.length), inside = new Float64Array(grid.outputs);
    grid.each((_, from, to) => { inside[to] += 1; });
    grid.each((_, from, to) => { for (let k = 0; k < c; k++) Y[to * c + k] += X[from * c + k] / inside[to]; });
    return [Y, [...grid.out, c], dY => {
      grid.each((_, from, to) => { for (let k = 0; k < c; k++) dX[from * c + k] += dY[to * c + k] / inside[to]; });
      return dX;
    }];
  },

  globalavgpool(_, X, [height, width, c]) {  // Y = the mean of each channel
    const Y = new Float64Array(c);
    X.forEach((x, i) => { Y[i % c] += x / (height * width); });
    return [Y, [c], dY => X.map((_, i) => dY[i % c] / (height * width))];
  },

  batchnorm({ gamma, beta, mean, var: variance, epsilon }, X, shape) {  // Y = γ (X - μ) / √(σ² + ε) + β for each channel
    const c = gamma.length, scale = Float64Array.from(gamma, (g, k) => g / Math.sqrt(variance[k] + epsilon));
    return [X.map((x, i) => (x - mean[i % c]) * scale[i % c] + beta[i % c]), shape, dY => dY.map((d, i) => d * scale[i % c])];
  },

  layernorm({ gamma, beta, epsilon }, X, shape) {  // the same, with mean and variance of this one input
    const mean = average(X), deviation = Math.sqrt(average(X.map(x => (x - mean) ** 2)) + epsilon);
    const Xhat = X.map(x => (x - mean) / deviation);
    return [Xhat.map((x, i) => x * gamma[i] + beta[i]), shape, dY => {
      const D = dY.map((d, i) => d * gamma[i]), a = average(D), b = average(D.map((d, i) => d * Xhat[i]));
      return D.map((d, i) => (d - a - Xhat[i] * b) / deviation);
    }];
  },

  residual({ layers, shortcut }, X, shape) {  // Y = F(X) + S(X)
    const [F, out, backF] = stack(layers, X, shape), [S, , backS] = stack(shortcut, X, shape);
    return [F.map((f, i) => f + S[i]), out, dY => { const dS = backS(dY); return backF(dY).map((d, i) => d + dS[i]); }];
  },

  softmax(_, X, shape) {  // over the last axis
    const n = shape.at(-1), Y = new Float64Array(X.length);
    for (let i = 0; i < X.length; i += n) Y.set(softmax(X.subarray(i, i + n)), i);
    return [Y, shape, dY => {
      const dX = new Float64Array(X.length);
      for (let i = 0; i < X.length; i++) dX[i] = Y[i] * (dY[i] - dot(dY, i - i % n, Y, i - i % n, n));
      return dX;
    }];
  },

  dropout: (_, X, shape) => [X, shape, dY => dY],
  flatten: (_, X, shape) => [X, [X.length], dY => dY],
  relu: activation(x => Math.max(x, 0), x => x > 0 ? 1 : 0),
  leaky_relu: activation((x, { slope }) => Math.max(x, slope * x), (x, { slope }) => x > 0 ? 1 : slope),
  elu: activation((x, { alpha }) => x > 0 ? x : alpha * Math.expm1(x), (x, { alpha }) => x > 0 ? 1 : alpha * Math.exp(x)),
  silu: activation(x => x * sigmoid(x), x => sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
  gelu: activation(x => x * normal(x), x => normal(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI)),
  tanh: activation(Math.tanh, x => 1 - Math.tanh(x) ** 2),
  sigmoid: activation(sigmoid, x => sigmoid(x) * (1 - sigmoid(x))),
};

// One layer after the other; back goes through them the other way.
function stack(layers, X, shape) {
  const backs = [];
  for (const layer of layers) {
    let back;
    [X, shape, back] = LAYERS[layer.kind](layer, X, shape);
    backs.unshift(back);
  }
  return [X, shape, dY => backs.reduce((d, back) => back(d), dY)];
}

// A function of each number by itself, and its derivative.
function activation(f, derivative) {
  return (layer, X, shape) => [X.map(x => f(x, layer)), shape, dY => dY.map((d, i) => d * derivative(X[i], layer))];
}

// Where windows lie, as dnn/layers/windows.py says. `each` visits every place in every window that is inside of the image:
// the number of the place, and of the pixels that it comes from and goes to.
function windows(size, stride, padding, [height, width]) {
  const axis = (edge, k, s) => {
    const out = padding === "same" ? Math.ceil(edge / s) : Math.floor((edge - k) / s) + 1;
    return { out, before: padding === "same" ? Math.max((out - 1) * s + k - edge, 0) >> 1 : 0 };
  };
  const [kh, kw] = [size].flat().length === 2 ? size : [[size].flat()[0], [size].flat()[0]];
  const [sh, sw] = [stride].flat().length === 2 ? stride : [[stride].flat()[0], [stride].flat()[0]];
  const down = axis(height, kh, sh), right = axis(width, kw, sw);
  const each = visit => {
    for (let place = 0; place < kh * kw; place++)
      for (let y = 0; y < down.out; y++) {
        const row = y * sh - down.before + Math.floor(place / kw);
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < right.out; x++) {
          const column = x * sw - right.before + place % kw;
          if (column >= 0 && column < width) visit(place, row * width + column, y * right.out + x);
        }
      }
  };
  return { each, places: kh * kw, out: [down.out, right.out], outputs: down.out * right.out };
}

function addScaled(Y, to, x, W, from, n) {
  if (x !== 0) for (let k = 0; k < n; k++) Y[to + k] += x * W[from + k];
}

function dot(a, i, b, j, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i + k] * b[j + k];
  return sum;
}

function average(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function softmax(Z) {
  const largest = Math.max(...Z), E = Z.map(z => Math.exp(z - largest)), sum = E.reduce((a, b) => a + b);
  return E.map(e => e / sum);
}

function sigmoid(x) {
  return (1 + Math.tanh(x / 2)) / 2;
}

// Φ(x), the normal distribution, to 1.2e-7 (Press et al., Numerical Recipes, erfc by Chebyshev's polynomials).
function normal(x) {
  const z = Math.abs(x) / Math.SQRT2, t = 2 / (2 + z);
  const terms = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368];
  const tail = t * Math.exp(-z * z - 1.26551223 + t * terms.reduce((sum, term) => sum * t + term, 0)) / 2;
  return x > 0 ? 1 - tail : tail;
}

// The model: a network, or an ensemble of them, asked about an image and what moved it.

// The numbers of the page as one vector, from which every layer takes its arrays.
function decoded(model) {
  const bytes = Uint8Array.from(atob(model.numbers), letter => letter.charCodeAt(0));
  const numbers = new Float32Array(bytes.buffer);
  const filled = layer => {
    for (const [name, [start, size]] of Object.entries(layer.arrays)) layer[name] = numbers.subarray(start, start + size);
    [...layer.layers ?? [], ...layer.shortcut ?? []].forEach(filled);
  };
  const every = part => { part.members?.forEach(every); part.layers?.forEach(filled); };
  every(model);
  return model;
}

// Image -> logits, and the way back from their gradient to the image's.
function logits(model, X) {
  if (!model.members) {
    const [Z, , back] = stack(model.layers, X, model.shape);
    return [Z, back];
  }
  const members = model.members.map(member => {
    const [Z, back] = logits(member, X), P = softmax(Z.map(z => z / member.temperature));
    return { P, back: dL => { const sum = dL.reduce((a, b) => a + b); return back(dL.map((d, k) => (d - P[k] * sum) / member.temperature)); } };
  });
  const mean = members[0].P.map((_, k) => average(members.map(member => member.P[k])));  // p = 1/M Σ p_m
  return [mean.map(p => Math.log(Math.max(p, 1e-300))), dZ => sum(members.map(({ P, back }) =>
    back(dZ.map((d, k) => mean[k] && d * P[k] / mean[k] / members.length))))];
}

// The same, as the mean over all moves of the image by at most `shifts` pixels each way, where the model is asked so.
function shiftedLogits(model, X) {
  const { shifts, side } = model, moves = [];
  for (let dy = -shifts; dy <= shifts; dy++)
    for (let dx = -shifts; dx <= shifts; dx++) moves.push({ dy, dx, asked: logits(model, moved(X, side, dy, dx)) });
  const share = 1 / moves.length;
  return [sum(moves.map(({ asked }) => asked[0])).map(z => z * share), dZ => sum(moves.map(({ dy, dx, asked }) =>
    moved(asked[1](dZ.map(d => d * share)), side, -dy, -dx)))];
}

// Image -> probabilities, and a function that tells for each pixel what its ink adds to the logit of one class less that of
// another: gradient times input.
function ask(model, image) {
  const X = Float64Array.from(image), [Z, back] = shiftedLogits(model, X);
  const evidence = (one, other) => {
    const dX = back(Z.map((_, k) => (k === one) - (k === other)));
    return dX.map((d, i) => d * X[i]);
  };
  return { probabilities: softmax(Z.map(z => z / model.temperature)), evidence };
}

function moved(X, side, dy, dx) {
  return X.map((_, i) => {
    const y = Math.floor(i / side) - dy, x = i % side - dx;
    return y >= 0 && y < side && x >= 0 && x < side ? X[y * side + x] : 0;
  });
}

function sum(vectors) {
  return vectors.reduce((a, b) => a.map((v, i) => v + b[i]));
}

"""A whole neural network in NumPy, which learns in seconds to read handwritten digits: `python -m dnn.lesson`.

dnn/README.md explains it, and goes on from here step by step to the engine, which does the same and much more.
"""

from pathlib import Path

import numpy as np

HIDDEN, EPOCHS, BATCH_SIZE, LEARNING_RATE = 128, 5, 50, 0.2


def initialize(rng, pixels, digits):
    """Random weights of a size that keeps signals level (He et al. 2015), and biases of 0."""
    W1 = rng.uniform(-1, 1, (pixels, HIDDEN)) * np.sqrt(6 / pixels)
    W2 = rng.uniform(-1, 1, (HIDDEN, digits)) * np.sqrt(6 / HIDDEN)
    return [A.astype(np.float32) for A in (W1, np.zeros(HIDDEN), W2, np.zeros(digits))]


def forward(X, parameters):
    """Images X (n, pixels) -> hidden units H (n, 128), and P (n, digits), the probability of each digit."""
    W1, b1, W2, b2 = parameters
    H = np.maximum(X @ W1 + b1, 0)  # ReLU: what is negative becomes 0
    logits = H @ W2 + b2
    P = np.exp(logits - logits.max(axis=1, keepdims=True))  # softmax: positive numbers ...
    return H, P / P.sum(axis=1, keepdims=True)  # ... whose sum is 1


def backward(X, Y, H, P, parameters):
    """The slope of the mean loss in each parameter, by the chain rule; Y (n, digits) has a 1 at the right digit."""
    _, _, W2, _ = parameters
    dlogits = (P - Y) / len(X)  # through softmax and loss at once
    dH = dlogits @ W2.T * (H > 0)  # through W2, and through the ReLU where it was open
    return [X.T @ dH, dH.sum(axis=0), H.T @ dlogits, dlogits.sum(axis=0)]


def train(X, Y, rng):
    """The parameters after `EPOCHS` passes over the images in random order, and the mean loss of each pass."""
    parameters, losses = initialize(rng, X.shape[1], Y.shape[1]), []
    for _ in range(EPOCHS):
        order, total = rng.permutation(len(X)), 0.0
        for start in range(0, len(X), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            x, y = X[rows], Y[rows]
            H, P = forward(x, parameters)
            total -= np.log(P[y == 1]).sum()  # the loss: the less probable the right digit, the more
            for A, dA in zip(parameters, backward(x, y, H, P, parameters), strict=True):
                A -= LEARNING_RATE * dA  # a small step downhill
        losses.append(total / len(X))
    return parameters, losses


if __name__ == "__main__":
    if not Path("data/processed/test.npz").exists():
        raise SystemExit("error: no images in data/processed; in the project's folder run: dvc repro preprocess")
    training, test = (np.load(f"data/processed/{name}.npz") for name in ("train", "test"))
    parameters, losses = train(training["images"], training["labels"], np.random.default_rng(0))
    print("mean loss of each epoch:", *(f"{loss:.3f}" for loss in losses))
    _, P = forward(test["images"], parameters)
    print(f"test images answered rightly: {np.mean(P.argmax(axis=1) == test['digits']):.1%}")

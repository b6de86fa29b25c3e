"""Trains params.yaml of the current folder, shortened to seconds, and prints the SHA-256 of the weights.

    python -m tests.portable dense|images|doubt [--worker]

With doubt it learns, on few digits, the measure of doubt.

Run by tests/test_kernels.py, in a process of its own for each way to compute.
"""

import stages  # noqa: F401 - first, as it chooses the kernels that NumPy computes with

# isort: split

import hashlib
import sys

import numpy as np
from sklearn.datasets import load_digits

from dnn.base.blas import blas
from dnn.classifier import DeepNeuralNetwork
from stages.doubting.fit import fit
from stages.training.options import options_of
from stages.workers.parallel import Workers, run_all
from tests.splits import small_digits

IMAGES = [
    {"conv": {"filters": 8, "kernel": 3, "padding": "same"}},
    "batchnorm",
    "relu",
    {"maxpool": 2},
    {"conv": {"filters": 8, "kernel": 5, "padding": "same"}},
    {"conv": {"filters": 8, "kernel": 5, "stride": 2}},
    "gelu",
    "flatten",
    "layernorm",
    32,
]
SHORT = {
    "dense": {"train.epochs": 2},
    "images": {
        "train.epochs": 1,
        "train.optimizer": "adamw",
        "train.weight_decay": 0.01,
        "model.hidden_layers": IMAGES,
    },
}


def train(name, _=None):
    """SHA-256 of the weights and running statistics after a short training on scikit-learn's digits, enlarged."""
    small = load_digits()
    X = np.pad(np.kron(small.images, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2))).reshape(-1, 784) / 16
    classifier = DeepNeuralNetwork(**options_of(SHORT[name]), random_state=0).fit(X.astype(np.float32), small.target)
    network = classifier.network_
    return hashlib.sha256(network.params.tobytes() + network.state.tobytes()).hexdigest()


def doubt(_name=None, _=None):
    """SHA-256 of the weights, the threshold and what was found of a measure of doubt."""
    measure = fit(small_digits(range(200)), small_digits(range(200, 300)))
    told = repr((measure.threshold, measure.about["found"])).encode()
    return hashlib.sha256(measure.model.network.params.tobytes() + told).hexdigest()


def main(name, *flags):
    """Print kernels and hash."""
    work = doubt if name == "doubt" else train
    if flags:
        results = dict(run_all(work, [name, name], None, Workers(count=2)))
        assert results[0] == results[1]
        print(blas()["kernels"], results[0])
    else:
        print(blas()["kernels"], work(name))


if __name__ == "__main__":
    main(*sys.argv[1:])

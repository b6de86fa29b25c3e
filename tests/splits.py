"""Few images for tests, as preprocess writes many."""

import numpy as np
from sklearn.datasets import load_digits

from dnn.batches.labels import one_hot
from stages.datasets.small_digits import mnist_form
from stages.datasets.splits import Split, save_split

SMALL = load_digits()


def noise(n, seed=0):
    """Random images with random digits."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(0, 10, n).astype(np.uint8)
    return split(rng.random((n, 784), dtype=np.float32), digits, "noise")


def small_digits(rows):
    """The small digits in those rows."""
    images = np.stack([mnist_form(image).ravel() / np.float32(255) for image in SMALL.images[rows]])
    return split(images, SMALL.target[rows].astype(np.uint8), "digits")


def split(images, digits, name):
    dataset = {"name": name, "fallback": False, "train_images": len(digits), "test_images": 0}
    return Split(images, one_hot(digits, 10), digits, dataset)


def save(**splits):
    """Write them where the tests' pipelines expect them; give them back by name."""
    for name, each in splits.items():
        save_split(f"data/processed/{name}.npz", each)
    return splits

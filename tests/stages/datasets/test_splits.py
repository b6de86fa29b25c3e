import numpy as np

from stages.datasets.splits import Split, load_split, save_split


def test_mapped_images_are_the_same(tmp_path, rng):
    digits = rng.integers(0, 10, 20).astype(np.uint8)
    images, labels = rng.random((20, 784), dtype=np.float32), np.eye(10, dtype=np.float32)[digits]
    save_split(tmp_path / "s.npz", Split(images, labels, digits, {"name": "made up"}))
    split = load_split(tmp_path / "s.npz", mapped=True)
    assert isinstance(split.images, np.memmap)
    assert np.array_equal(split.images, images)
    assert np.array_equal(split.digits, digits)
    assert split.dataset == {"name": "made up"}

"""How the published data sets are known, and that params.yaml knows them all."""

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from stages.datasets.published import FILES, PUBLISHED, SIZES
from stages.project import params


def test_params_yaml_offers_each_with_mirrors():
    assert tuple(PUBLISHED) == params.PUBLISHED
    mirrors = params.load(params.Data).mirrors
    assert list(mirrors) == list(PUBLISHED)
    assert all(mirrors.values())


def test_sizes_are_those_of_70000_images_of_28_by_28():
    assert SIZES == (16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000)


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_each_file_has_one_checksum_and_each_class_a_name(published):
    assert tuple(published.files) == FILES
    for file in published.files.values():
        assert (len(file.sha256), len(file.md5)) in ((64, 0), (0, 32))
    assert len(set(published.classes)) in (0, 10)


def test_the_real_mnist_has_the_content_that_is_looked_for():
    """The MD5 of its .gz files are those of torchvision/datasets/mnist.py."""
    root = Path(__file__).parents[3]
    sources = [root / os.environ.get("MNIST_MIRROR", ""), root.parent / "shared" / "mnist"]
    source = next((path for path in sources if (path / f"{FILES[0]}.gz").is_file()), None)
    if source is None:
        pytest.skip("MNIST is neither in a folder MNIST_MIRROR nor in ../shared/mnist")
    md5 = (
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    )
    for (name, file), digest in zip(PUBLISHED["mnist"].files.items(), md5, strict=True):
        packed = (source / f"{name}.gz").read_bytes()
        assert hashlib.md5(packed).hexdigest() == digest
        file.verify(packed, gzip.decompress(packed))

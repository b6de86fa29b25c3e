"""The published data sets of 70,000 images in four IDX files, and how to know them.

MNIST: LeCun, Cortes, Burges, http://yann.lecun.com/exdb/mnist/.
Fashion-MNIST: Xiao, Rasul, Vollgraf 2017, https://github.com/zalandoresearch/fashion-mnist.
Kuzushiji-MNIST: Clanuwat et al. 2018, https://github.com/rois-codh/kmnist.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from dnn.base.errors import escaped, shortened

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


LONGEST = 500  # characters of a mirror's reason, which may be its own words


class MirrorError(Exception):
    """A mirror did not give a file.

    Args:
        reason: for people.
        again: whether a new try may help.
        missing: whether it has no file of this name, so that others are worth trying.
    """

    def __init__(self, reason: object, again: bool = False, missing: bool = False) -> None:
        super().__init__(shortened(escaped(" ".join(str(reason).split())), LONGEST))
        self.again, self.missing = again, missing


@dataclass(frozen=True)
class File:
    """How to know a file, whatever it is called and however it is packed.

    Args:
        size: bytes, unpacked.
        sha256: of the unpacked content; empty where none is public.
        md5: of the `.gz` as its authors packed it; not needed where `sha256` is known.
    """

    size: int
    sha256: str = ""
    md5: str = ""

    def verify(self, packed: bytes, content: bytes) -> None:
        """Raise MirrorError unless this is the file: the bytes as they came, and unpacked."""
        if len(content) > self.size:
            raise MirrorError(f"it is oversized: more than {self.size:,} bytes")
        if len(content) < self.size:
            if len(content) > 3 and content.startswith(b"\0\0\x08") and len(content) == promised(content):
                raise MirrorError(f"it is another data set's: {len(content):,} bytes in place of {self.size:,}")
            raise MirrorError(f"it is truncated: {len(content):,} of {self.size:,} bytes", again=True)
        digest = hashlib.sha256(content).hexdigest()
        if self.sha256 and digest != self.sha256:
            raise MirrorError(f"it is wrong: the SHA-256 of its content is {digest}, it should be {self.sha256}")
        digest = hashlib.md5(packed, usedforsecurity=False).hexdigest()
        if not self.sha256 and digest != self.md5:
            raise MirrorError(
                f"only the MD5 of its authors' .gz file is public, {self.md5}, and this has {digest}; give that file"
            )


def promised(content: bytes) -> int:
    """The length that the header of an IDX file of bytes promises."""
    dimensions = content[3] if len(content) > 3 else 0
    shape = struct.unpack_from(f">{dimensions}I", content[: 4 + 4 * dimensions].ljust(4 + 4 * dimensions, b"\0"), 4)
    return 4 + 4 * dimensions + prod(shape)


@dataclass(frozen=True)
class Published:
    """A data set that others published.

    Args:
        name: for people.
        files: by the names of `FILES`.
        classes: names of the classes 0, 1, ...; none where they are the digits.
    """

    name: str
    files: Mapping[str, File]
    classes: tuple[str, ...] = ()


SIZES = 47_040_016, 60_008, 7_840_016, 10_008  # 60,000 and 10,000 images of 28x28 pixels, and their labels


def described(sha256: tuple[str, ...] = ("",) * 4, md5: tuple[str, ...] = ("",) * 4) -> dict[str, File]:
    """The four files, in the order of `FILES`."""
    return {name: File(*facts) for name, facts in zip(FILES, zip(SIZES, sha256, md5, strict=True), strict=True)}


PUBLISHED = {
    "mnist": Published(
        "MNIST",
        described(
            sha256=(
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            )
        ),
    ),
    # MD5 from the authors' README, and the same in torchvision/datasets/mnist.py
    "fashion_mnist": Published(
        "Fashion-MNIST",
        described(
            md5=(
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310",
            )
        ),
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    # MD5 and the characters' readings from torchvision/datasets/mnist.py
    "kmnist": Published(
        "Kuzushiji-MNIST",
        described(
            md5=(
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            )
        ),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
}

"""A picture file -> its frames or pages; where it cannot be read, its name and the way to a picture."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError, features

from dnn.base.errors import InputError
from stages.pictures.colours import ENOUGH

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "ICO", "TGA")  # no EPS: Pillow runs Ghostscript on it
OPTIONAL = {"AVIF": "avif", "JPEG2000": "jpg_2000"}  # read where the installed Pillow was built with them
SUFFIXES = {  # of a folder's pictures, also of those that cannot be read, so that they are not passed over silently
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".ico", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".jxl"),
    *(".mpo", ".pbm", ".pdf", ".pgm", ".png", ".ppm", ".psd", ".svg", ".tga", ".tif", ".tiff", ".webp"),
}
FRAMES, PIXELS = 100, 500_000_000  # of an animation or a document, that are looked at
# A photo or scan may have the 89 million pixels that Pillow takes without a warning, of four bytes each. Several
# frames, transparency, a palette or numbers, and the decoders of other formats, take up to twenty bytes a pixel.
COSTLY = 30_000_000
CHEAP, PLAIN = ("PNG", "JPEG", "BMP", "PPM", "TIFF", "TGA"), ("1", "L", "RGB")
AS_PNG = "save it as PNG or JPEG first"
# What people try beside them: the bytes (in small letters) that tell it and where they stand, its name, the way on.
OTHERS = (
    (4, b"ftypavi", "AVIF, which this Pillow cannot read", AS_PNG),
    (4, b"ftyphe", "HEIC, an iPhone's photo", AS_PNG),
    (4, b"ftypmi", "HEIF, a telephone's photo", AS_PNG),
    (4, b"ftypms", "HEIF, a telephone's photo", AS_PNG),
    (4, b"ftyp", "a video", "take a still picture of it"),
    (4, b"jp  \r\n\x87\n", "JPEG 2000, which this Pillow cannot read", AS_PNG),
    (4, b"jxl \r\n\x87\n", "JPEG XL", AS_PNG),
    (0, b"\xff\x0a", "JPEG XL", AS_PNG),
    (0, b"%pdf", "PDF", "save its page as PNG first"),
    (0, b"%!ps", "PostScript", AS_PNG),
    (0, b"version https://git-lfs", "a pointer of Git LFS in its place", "run `git lfs pull`"),
    (0, b"<!doctype html", "a web page", "download the picture that it shows"),
    (0, b"<html", "a web page", "download the picture that it shows"),
    (0, b"<!--", "a web page or a drawing in XML", "save the picture that it shows as PNG"),
    (0, b"8bps", "a file of Photoshop", AS_PNG),
    (0, b"pk\x03\x04", "a ZIP archive or an office document", "unpack it, or save the picture in it as PNG"),
    (0, b"\x1f\x8b", "a gzip file", "unpack it first"),
    (128, b"dicm", "DICOM, a medical picture", AS_PNG),
)


def readable() -> list[str]:
    """The formats that the installed Pillow reads."""
    return [*FORMATS, *(name for name, feature in OPTIONAL.items() if features.check(feature))]


def frames(data: bytes) -> Iterator[tuple[str, Image.Image]]:
    """Decode a picture file: its frames or pages, upright by their EXIF orientation, each with its name, such as
    "page 2"; the first has none. Those of one colour all over are left out, unless all are.

    Raises:
        InputError: it is empty, of no known format, damaged, or too large.
    """
    if not data:
        raise InputError("the file is empty")
    with one_line_errors(data):
        opened = Image.open(io.BytesIO(data), formats=readable())
        word, count = "page" if opened.format == "TIFF" else "frame", getattr(opened, "n_frames", 1)
    found, blank = False, None
    looked_at = 0  # pixels
    for number in range(min(count, FRAMES)):
        if looked_at > PIXELS:
            break
        with one_line_errors(data):
            opened.seek(number)
            looked_at += opened.width * opened.height
            # A JPEG can be decoded at a half, a quarter or an eighth of its size, in as much less time and memory.
            factor = max(1, min(opened.size) // (2 * ENOUGH))
            opened.draft(None, (opened.width // factor, opened.height // factor))
            is_plain = opened.format in CHEAP and opened.mode in PLAIN and count == 1
            if not is_plain and opened.width * opened.height > COSTLY:
                raise InputError(f"more than {COSTLY:,} pixels; make it smaller, or save it as JPEG")
            if count == 1:  # in its own memory
                ImageOps.exif_transpose(opened, in_place=True)
            image = in_simple_mode(opened if count == 1 else ImageOps.exif_transpose(opened))
        if is_blank(image):
            blank = blank or image
        else:
            yield f"{word} {number + 1}" if number else "", image
            found = True
    if blank and not found:
        yield "", blank


def in_simple_mode(image: Image.Image) -> Image.Image:
    """As numbers (I, F), grey levels (L), RGB, or RGBA where it has transparency."""
    if image.mode[0] in "IF":
        return image
    mode = "RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode)  # a copy takes memory


def is_blank(image: Image.Image) -> bool:
    """Whether it is of one colour all over."""
    extrema = image.getextrema()
    return all(low == high for low, high in (extrema if isinstance(extrema[0], tuple) else [extrema]))


@contextmanager
def one_line_errors(data: bytes) -> Iterator[None]:
    """Pillow's errors and warnings on these data as InputError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities that Pillow can read over
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(f"not a picture of a known format{what_else(data)}") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise InputError(f"more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
    except Exception as error:  # decoders meet damage with many kinds of exception
        raise InputError(f"the picture is damaged ({' '.join(str(error).split())})") from None


def what_else(data: bytes) -> str:
    """The end of that error: the name of what it is and what to do, or the formats that are known."""
    start = data[:1000].lower()
    for place, sign, name, way in OTHERS:
        if start[place:].startswith(sign) or (not place and start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(sign)):
            return f", but {name}; {way}"
    if b"<svg" in start:
        return f", but SVG; {AS_PNG}"
    return f" ({', '.join(readable())})"

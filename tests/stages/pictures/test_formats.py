"""Picture files are decoded; others are named, with what to do."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from dnn.base.errors import InputError
from stages.pictures.formats import frames


def drawn(size=(120, 160)):
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).text((20, 10), "5", 0, ImageFont.load_default(size=min(size) * 0.8))
    return image


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo_bytes():
    return saved(drawn(size=(300, 300)), "JPEG")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"hello", "known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "known format"),
        (saved(drawn())[:200], "damaged"),
        (photo_bytes()[: len(photo_bytes()) // 2], "damaged"),
        (saved(drawn())[:100] + bytes(50) + saved(drawn())[150:], "damaged"),
    ],
    ids=["empty", "text", "PostScript", "cut PNG", "cut JPEG", "overwritten PNG"],
)
def test_unreadable(data, message):
    with pytest.raises(InputError, match=message) as error:
        list(frames(data))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("limit", [15_000, 5_000])  # Pillow warns up to twice its limit, above it raises
def test_too_many_pixels(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(InputError, match=f"{limit:,} pixels"):
        list(frames(saved(drawn())))

"""Picture files are decoded; others are named, with what to do."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont, features

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


@pytest.mark.parametrize(
    ("data", "costly"),
    [
        (saved(drawn()), False),
        (saved(drawn().convert("RGB"), "TIFF"), False),
        (saved(drawn().convert("CMYK"), "JPEG"), True),
        (saved(drawn().convert("I;16")), True),
        (saved(drawn().convert("P")), True),
        (saved(drawn().convert("RGBA"), "TIFF"), True),
        (saved(drawn().convert("RGB"), "WEBP"), True),
        (saved(drawn(), "TIFF", save_all=True, append_images=[drawn()]), True),
    ],
    ids=["grey", "colours", "CMYK", "numbers", "palette", "transparency", "WebP", "pages"],
)
def test_what_takes_much_memory_may_have_fewer_pixels(monkeypatch, data, costly):
    monkeypatch.setattr("stages.pictures.formats.COSTLY", 120 * 160)
    assert list(frames(data))
    monkeypatch.setattr("stages.pictures.formats.COSTLY", 120 * 160 - 1)
    if not costly:
        assert list(frames(data))
        return
    with pytest.raises(InputError, match=r"^more than 19,199 pixels; make it smaller, or save it as JPEG$"):
        list(frames(data))


def test_pages_are_looked_at_up_to_so_many_pixels(monkeypatch):
    data = saved(drawn(), "TIFF", save_all=True, append_images=[drawn()] * 5)
    assert len(list(frames(data))) == 6
    monkeypatch.setattr("stages.pictures.formats.PIXELS", 2 * 120 * 160)
    assert len(list(frames(data))) == 3


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_frames_of_one_colour_are_left_out(kind):
    blank = Image.new("L", (120, 160), 255)
    data = saved(blank, kind, save_all=True, append_images=[blank, drawn(), blank.copy()], duration=[100, 90, 80, 70])
    names = [name for name, _ in frames(data)]
    # GIF, PNG and WebP put frames that are alike together
    assert names == ["page 3"] if kind == "TIFF" else len(names) == 1
    assert names[0].startswith("page" if kind == "TIFF" else "frame")


def test_the_first_frame_where_all_are_blank():
    blank = Image.new("L", (120, 160), 255)
    assert [name for name, _ in frames(saved(blank, "TIFF", save_all=True, append_images=[blank]))] == [""]


@pytest.mark.parametrize(("kind", "feature"), [("AVIF", "avif"), ("JPEG2000", "jpg_2000")])
def test_formats_that_pillow_may_read(kind, feature, monkeypatch):
    if not features.check(feature):
        pytest.skip("this Pillow was built without it")
    data = saved(drawn(), kind)
    [(_, image)] = frames(data)
    assert image.size == (120, 160)
    monkeypatch.setattr("stages.pictures.formats.OPTIONAL", {})
    with pytest.raises(InputError, match="this Pillow cannot read; save it as PNG"):
        list(frames(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC, an iPhone's photo; save it as PNG or JPEG"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a video; take a still picture"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF; save its page as PNG"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG; save it as PNG"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "run `git lfs pull`"),
        (b"\n<!DOCTYPE html><title>Not found</title>", "a web page; download the picture"),
        (b"\xef\xbb\xbf<html><body>", "a web page"),
        (b"<!-- saved from -->\n<html>", "a web page or a drawing in XML; save"),
        (b"8BPS\0\1", "a file of Photoshop; save it"),
        (bytes(128) + b"DICM", "DICOM, a medical picture"),
        (b"PK\x03\x04\x14\0", "a ZIP archive or an office document; unpack it"),
        (b"\x1f\x8b\x08\0", "a gzip file; unpack it"),
    ],
)
def test_what_is_no_picture_is_named(data, message):
    with pytest.raises(InputError, match=f"not a picture of a known format, but .*{message}"):
        list(frames(data))


def test_a_large_jpeg_is_decoded_at_less_than_its_size():
    [(_, image)] = frames(saved(drawn((3000, 4000)), "JPEG"))
    assert image.size == (750, 1000)

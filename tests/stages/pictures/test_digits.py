"""Pictures of every kind are brought to MNIST's form."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from dnn.base.errors import InputError
from stages.pictures.colours import colours_of
from stages.pictures.digits import digits_in
from stages.pictures.formats import frames


def drawn(text="5", size=(120, 160), ink=0, paper=255, mode="L"):
    """A digit, off the middle."""
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).text((20, 10), text, ink, ImageFont.load_default(size=min(size) * 0.8))
    return image


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def to_mnist(image):
    """The only digit of a picture, (784,)."""
    [[digit]] = digits_in(image)
    return digit


def read_picture(data):
    return next(frames(data))[1]


def seen(image, kind="PNG", **options):
    """The image that the network gets when the picture is saved and read again, (28, 28)."""
    return to_mnist(read_picture(saved(image, kind, **options))).reshape(28, 28)


@pytest.fixture
def plain():
    return to_mnist(drawn()).reshape(28, 28)


@pytest.mark.parametrize("text", "0123456789")
@pytest.mark.parametrize("size", [(30, 40), (120, 160), (700, 900), (400, 130)])
def test_form(text, size):
    image = to_mnist(drawn(text, size))
    assert (image.shape, image.dtype) == ((784,), np.float32)
    assert image.min() == 0
    assert image.max() == 1
    image = image.reshape(28, 28)
    rows, columns = np.nonzero(image > 0.02)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    index = np.arange(28)
    # MNIST's own test images: the mean lies between 13.5 and 14.5, counting pixels from 0
    assert image.sum(axis=1) @ index / image.sum() == pytest.approx(14, abs=0.501)
    assert image.sum(axis=0) @ index / image.sum() == pytest.approx(14, abs=0.501)


def test_aspect_ratio_is_kept():
    image = Image.new("L", (300, 400), 255)
    ImageDraw.Draw(image).rectangle((50, 60, 89, 259), fill=0)  # 40 x 200
    expected = np.zeros((28, 28))
    expected[4:24, 12:16] = 1
    np.testing.assert_allclose(to_mnist(image).reshape(28, 28), expected, atol=0.02)


def test_what_is_in_mnist_form_already_comes_through(rng):
    for _ in range(50):
        width = rng.integers(3, 21)
        digit = rng.integers(60, 256, (20, width)).astype(np.uint8)
        digit[0, 0] = 255
        weights = digit / digit.sum()
        y, x = (round(14 - weights.sum(axis=1 - axis) @ np.arange(n)) for axis, n in enumerate(digit.shape))
        image = np.zeros((28, 28), np.uint8)
        image[y : y + 20, x : x + width] = digit
        np.testing.assert_allclose(seen(Image.fromarray(image)), image / 255, atol=1e-3)
        np.testing.assert_allclose(seen(Image.fromarray(255 - image)), image / 255, atol=1e-3)


@pytest.mark.parametrize(("ink", "paper"), [(255, 0), (90, 200), (200, 90)])
def test_dark_on_light_and_light_on_dark_are_the_same(plain, ink, paper):
    np.testing.assert_allclose(seen(drawn(ink=ink, paper=paper)), plain, atol=0.02)


@pytest.mark.parametrize(
    ("ink", "paper"), [("black", "yellow"), ("yellow", "white"), ("#ff0000", "#008200"), ("navy", "black")]
)
def test_colours_of_any_brightness(plain, ink, paper):
    np.testing.assert_allclose(seen(drawn(ink=ink, paper=paper, mode="RGB")), plain, atol=0.02)


FORMS = (
    "LA PNG, P PNG, RGB WEBP, RGBA TIFF, CMYK TIFF, CMYK JPEG, YCbCr JPEG, L BMP, L PPM, P GIF, F TIFF, I TIFF, L TGA"
)


@pytest.mark.parametrize("form", FORMS.split(", "))
def test_pixel_modes_and_formats(plain, form):
    mode, kind = form.split()
    np.testing.assert_allclose(seen(drawn().convert(mode), kind), plain, atol=0.1)


def test_one_bit():
    picture = drawn().point(lambda level: 255 * (level > 127))
    np.testing.assert_allclose(seen(picture.convert("1")), seen(picture), atol=1e-6)


def test_sixteen_bits(plain):
    levels = np.asarray(drawn(), np.uint16)
    np.testing.assert_allclose(seen(Image.fromarray(levels * 257)), plain, atol=0.01)
    np.testing.assert_allclose(seen(Image.fromarray(levels * 16)), plain, atol=0.01)  # a 12-bit scanner


def test_the_first_frame_of_an_animation(plain):
    frames = [drawn().convert("P"), drawn("8").convert("P")]
    animation = seen(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(animation, plain, atol=0.1)


@pytest.mark.parametrize("colour", ["black", "white", "red", "#808080"])
def test_ink_on_transparent_ground(plain, colour):
    picture = Image.new("RGBA", (120, 160), colour)
    picture.putalpha(drawn(ink=255, paper=0))
    np.testing.assert_allclose(seen(picture), plain, atol=0.02)


@pytest.mark.parametrize("ink", [0, 255])
def test_a_card_with_a_transparent_rim(plain, ink):
    picture = drawn(ink=ink, paper=255 - ink).convert("RGBA")
    shape = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shape).rounded_rectangle((3, 3, 116, 156), 15, fill=255)
    picture.putalpha(shape)
    np.testing.assert_allclose(seen(picture), plain, atol=0.02)


def test_transparency_of_a_palette(plain):
    picture = drawn(ink=1, paper=0, mode="P")
    picture.putpalette([255, 255, 255, 255, 255, 255])
    assert np.corrcoef(seen(picture, "GIF", transparency=0).ravel(), plain.ravel())[0, 1] > 0.97


# what brings the upright picture into the position that the flag describes
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("flag", TURNS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_orientation_flag(plain, flag, kind):
    exif = Image.Exif()
    exif[0x0112] = flag
    turned = drawn().transpose(TURNS[flag])
    assert np.abs(seen(turned) - plain).max() > 0.5
    np.testing.assert_allclose(seen(turned, kind, exif=exif), plain, atol=0.15)


@pytest.mark.parametrize("noise", [0, 0.03, 0.1])
def test_a_photo_with_uneven_light_noise_and_dust(plain, rng, noise):
    ink = np.asarray(drawn(size=(600, 800)), np.float64) / -255 + 1
    clean = to_mnist(Image.fromarray(np.uint8(255 * (1 - ink))))
    light = np.linspace(0.5, 0.9, 600) + np.linspace(-0.05, 0.05, 800)[:, None]
    photo = light * (1 - 0.7 * ink) + noise * rng.normal(size=light.shape)
    photo[700:706, 540:546] = 0.2  # dust
    found = seen(Image.fromarray(np.uint8(255 * photo.clip(0, 1))), "JPEG", quality=80)
    # ink in brighter light is heavier, which may move the centre of mass by a pixel
    moved = [np.roll(found, (dy, dx), axis=(0, 1)).ravel() for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    assert max(np.corrcoef(image, clean)[0, 1] for image in moved) > 0.97
    rows, columns = np.nonzero(found > 0.1)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20


def test_ink_that_touches_the_border():
    image = Image.new("L", (60, 100), 255)
    ImageDraw.Draw(image).rectangle((25, 0, 34, 99), fill=0)
    rows, columns = np.nonzero(to_mnist(image).reshape(28, 28) > 0.1)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 2)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (50, 60), 255),
        Image.new("L", (50, 60), 0),
        Image.new("1", (1, 1), 0),
        Image.new("RGBA", (50, 60), (10, 20, 30, 0)),
        Image.new("RGBA", (50, 60), "red"),
        Image.new("I;16", (50, 60), 0),
        Image.new("F", (50, 60), float("nan")),
        Image.fromarray(np.random.default_rng(0).normal(128, 20, (400, 300)).clip(0, 255).astype(np.uint8)),
    ],
    ids=["white", "black", "a point", "clear", "red", "16 bits", "NaN", "noise"],
)
def test_no_ink(image):
    with pytest.raises(InputError, match="no digit"):
        to_mnist(image)


@pytest.mark.parametrize("absurd", [1e30, -1e30, np.inf, -np.inf, np.nan, 3.4e38])
def test_one_absurd_number_does_not_hide_the_digit(plain, absurd):
    levels = np.array(drawn(), np.float32)
    levels[3, 4] = absurd
    np.testing.assert_allclose(to_mnist(Image.fromarray(levels)).reshape(28, 28), plain, atol=0.02)


def test_very_long_pictures_take_no_time_and_memory():
    strip = Image.new("L", (15_000, 300), 255)
    strip.paste(drawn("7", size=(200, 250)), (1000, 20))
    assert np.prod(colours_of(strip).shape[:2]) <= 1_000_000
    for width, height in ((8_000_000, 10), (15_001, 300), (20_000, 50), (4, 240_000)):
        with pytest.raises(InputError, match=f"{width:,} x {height:,} pixels are too long and thin"):
            digits_in(Image.new("L", (width, height), 255))


def tiny_and_odd(rng):
    """A picture of 1 to 20 pixels a side: noise, dots, rectangles, numbers of any size and sign, soft spots."""
    height, width = (int(v) for v in rng.integers(1, 21, 2))
    kind = rng.integers(5)
    if kind == 0:
        return rng.integers(0, 256, (height, width, 3), np.uint8)
    if kind == 1:
        return np.uint8(255 * (rng.random((height, width)) < rng.random()))
    if kind == 2:
        return np.float32(rng.normal(0, 10.0 ** rng.integers(-30, 30), (height, width)))
    if kind == 3:
        levels = np.full((height, width), rng.integers(256), np.uint8)
        levels[rng.integers(height) :, rng.integers(width) :] = rng.integers(256)
        return levels
    small = Image.fromarray(rng.integers(0, 256, (2, 2), np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def test_every_picture_is_answered_or_refused(rng):
    answered = 0
    for _ in range(150):
        try:
            rows = digits_in(Image.fromarray(tiny_and_odd(rng)))
        except InputError:
            continue
        answered += 1
        for digit in (digit for row in rows for digit in row):
            assert (digit.shape, digit.dtype) == ((784,), np.float32)
            assert 0 <= digit.min() <= digit.max() <= 1.0001
    assert answered > 10


def test_numbers_below_zero_are_levels_too(plain):
    levels = np.array(drawn(), np.float32) / 255 - 0.5
    np.testing.assert_allclose(to_mnist(Image.fromarray(levels)).reshape(28, 28), plain, atol=0.02)

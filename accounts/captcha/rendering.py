"""Draw one picture of a test: the same picture never has the same pixels in two tests.

Everything random comes from a seed, so that a reload shows the same picture. Pillow does the work
on whole images (one mesh transformation moves, turns, mirrors and bends at once), which keeps a
picture at a few milliseconds.
"""

import functools
import io
import math
import random
import statistics

from PIL import Image, ImageChops, ImageDraw, ImageStat

from accounts.captcha import catalogue
from accounts.captcha.catalogue import Drawing
from accounts.captcha.randomness import generator

SIDE = 112  # pixels of the picture that is served
MAX_LEVEL = 3
FORMATS = {"webp": "image/webp", "jpeg": "image/jpeg"}

# By level, 0 (plainest) to MAX_LEVEL.
ROTATION = (8, 14, 21, 28)  # degrees, either way
BEND = (1.0, 2.0, 3.0, 4.0)  # pixels that a corner of the mesh may move
STROKES = (0, 1, 2, 3)
NOISE = (3, 6, 9, 12)  # standard deviation, of 255
HUE_SHIFT = 10  # degrees, either way: more made a green turtle on green
SCALE = (0.62, 0.80)  # of the side
CELLS = 4  # the mesh is CELLS x CELLS
CONTRAST = 0.40  # least distance of luminance between picture and background


def render(*, seed: bytes, drawing: Drawing, level: int, image_format: str = "webp") -> bytes:
    """The picture as the bytes of a file of ``image_format`` (a key of FORMATS)."""
    rng = generator(seed)
    picture = _coloured(catalogue.master(drawing), drawing, rng)
    background = _background(picture, rng)
    bent = _bent(picture, rng, level)
    background.paste(bent, (0, 0), bent)
    _strike(background, rng, level)
    return _encoded(_noisy(background, rng, level), image_format)


@functools.lru_cache(maxsize=512)
def render_cached(seed: bytes, drawing: Drawing, level: int, image_format: str) -> bytes:
    """``render``, remembering the last 512 pictures of this process (1.5 MB)."""
    return render(seed=seed, drawing=drawing, level=level, image_format=image_format)


def _coloured(master: Image.Image, drawing: Drawing, rng: random.Random) -> Image.Image:
    """Half the master's size, without its margins, tinted when black only, else a hue aside."""
    picture = _framed(master.reduce(2))
    if catalogue.is_monochrome(drawing):
        tint = Image.new("RGB", picture.size, _tint(rng))
    else:
        tint = picture.convert("RGB").convert("RGB", _hue_matrix(rng.uniform(-1, 1) * HUE_SHIFT))
    tint.putalpha(picture.getchannel("A"))
    return tint


def _framed(picture: Image.Image) -> Image.Image:
    """The least square around what is drawn: flat things are then shown as large as tall ones."""
    left, top, right, bottom = picture.getchannel("A").getbbox()
    half = max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return picture.crop((int(x - half), int(y - half), round(x + half), round(y + half)))


def _tint(rng: random.Random) -> tuple[int, int, int]:
    """A dark colour."""
    return tuple(rng.randrange(10, 110) for _channel in range(3))


def _hue_matrix(degrees: float) -> tuple[float, ...]:
    """The colour matrix that turns the hue and keeps the luminance (as SVG's hueRotate does)."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (
        0.213 + cos * 0.787 - sin * 0.213,
        0.715 - cos * 0.715 - sin * 0.715,
        0.072 - cos * 0.072 + sin * 0.928,
        0,
        0.213 - cos * 0.213 + sin * 0.143,
        0.715 + cos * 0.285 + sin * 0.140,
        0.072 - cos * 0.072 - sin * 0.283,
        0,
        0.213 - cos * 0.213 - sin * 0.787,
        0.715 - cos * 0.715 + sin * 0.715,
        0.072 + cos * 0.928 + sin * 0.072,
        0,
    )


def _background(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Soft blotches, far enough in luminance from the picture: pale, or deep for a pale one."""
    alpha = picture.getchannel("A")
    luminance = ImageStat.Stat(picture.convert("L"), alpha).mean[0] / 255
    pale = luminance + CONTRAST <= 0.92
    low, high = (215, 250) if pale else (40, 95)
    colours = bytes(rng.randrange(low, high) for _value in range(5 * 5 * 3))
    return Image.frombytes("RGB", (5, 5), colours).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _bent(picture: Image.Image, rng: random.Random, level: int) -> Image.Image:
    """The picture somewhere in the frame: scaled, turned, perhaps mirrored, and bent."""
    size = SIDE * rng.uniform(*SCALE)
    angle = math.radians(rng.uniform(-1, 1) * ROTATION[level])
    mirror = rng.choice((-1, 1))
    room = (SIDE - size) / 2
    centre = (SIDE / 2 + rng.uniform(-0.6, 0.6) * room, SIDE / 2 + rng.uniform(-0.6, 0.6) * room)
    ratio = picture.width / size
    cos, sin = math.cos(angle) * ratio, math.sin(angle) * ratio

    def source(x: int, y: int) -> tuple[float, float]:
        """The place in the picture that a corner of the frame's mesh shows."""
        dx = x - centre[0] + rng.uniform(-1, 1) * BEND[level]
        dy = y - centre[1] + rng.uniform(-1, 1) * BEND[level]
        half = picture.width / 2
        return half + mirror * (dx * cos + dy * sin), half - dx * sin + dy * cos

    mesh = _mesh(source)
    return picture.transform((SIDE, SIDE), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _mesh(source) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Pillow's mesh: each cell of the frame with the four corners (NW, SW, SE, NE) it shows."""
    step = SIDE // CELLS
    lines = range(0, SIDE + 1, step)
    corner = {(x, y): source(x, y) for x in lines for y in lines}
    return [
        (
            (x, y, x + step, y + step),
            (
                *corner[x, y],
                *corner[x, y + step],
                *corner[x + step, y + step],
                *corner[x + step, y],
            ),
        )
        for x in lines[:-1]
        for y in lines[:-1]
    ]


def _strike(image: Image.Image, rng: random.Random, level: int) -> None:
    """Thin arcs across the image."""
    draw = ImageDraw.Draw(image)
    for _stroke in range(STROKES[level]):
        left, top = rng.randrange(-40, 60), rng.randrange(-40, 60)
        box = (left, top, left + rng.randrange(60, 140), top + rng.randrange(60, 140))
        start = rng.randrange(360)
        colour = tuple(rng.randrange(30, 225) for _channel in range(3))
        draw.arc(box, start, start + rng.randrange(60, 200), fill=colour, width=rng.choice((1, 2)))


@functools.cache
def _bell(deviation: int) -> bytes:
    """A table from a uniform byte to a byte of normal law around 128."""
    law = statistics.NormalDist(128, deviation)
    return bytes(min(255, max(0, round(law.inv_cdf((value + 0.5) / 256)))) for value in range(256))


def _noisy(image: Image.Image, rng: random.Random, level: int) -> Image.Image:
    """The image under noise of normal law, the same on the three channels."""
    grain = rng.randbytes(SIDE * SIDE).translate(_bell(NOISE[level]))
    noise = Image.frombytes("L", (SIDE, SIDE), grain)
    return ImageChops.add(image, Image.merge("RGB", (noise,) * 3), scale=1, offset=-128)


def _encoded(image: Image.Image, image_format: str) -> bytes:
    out = io.BytesIO()
    if image_format == "jpeg":
        image.save(out, "JPEG", quality=45, optimize=True)
    else:
        image.save(out, "WEBP", quality=42, method=1)
    return out.getvalue()

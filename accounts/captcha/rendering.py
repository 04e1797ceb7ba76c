"""Draw the nine pictures of a test in one sheet, three by three, as one JPEG.

What a person sees at once is where a simple machine is lost: each thing is turned, mirrored, bent,
put anywhere in its square at any size, in colours that are not its own. Nothing covers it.
The figures behind the numbers are in docs/captcha.md.

Everything random comes from a seed, so that a reload shows the same sheet. Pillow does the work on
whole images (one mesh transformation moves, turns, mirrors and bends at once).
"""

import functools
import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from accounts.captcha import colours, grounds
from accounts.captcha.catalogue import Drawing
from accounts.captcha.randomness import generator

COLUMNS = 3  # of the sheet
CELLS = 4  # the mesh of a picture is CELLS x CELLS
QUALITY = 60  # of the JPEG


@dataclass(frozen=True)
class Law:
    """How freely pictures are drawn. ``side``: pixels of a picture; the rest is relative to it."""

    side: int
    rotation: float  # degrees, either way
    scale: tuple[float, float]  # of the side
    aspect: float  # logarithm, either way
    shear: float  # either way
    perspective: float  # either way, over the whole side
    bend: float  # pixels of 88 that a corner of the mesh may move


# By level: as first shown; in larger squares, where more of a shape can be followed, and freer for
# it; larger things, straighter, in such squares (and two tests in a row).
LAWS = (
    Law(
        side=88,
        scale=(0.62, 0.96),
        bend=3,
        rotation=60,
        aspect=0.27,
        shear=0.34,
        perspective=0.36,
    ),
    Law(
        side=132,
        scale=(0.60, 0.96),
        bend=3,
        rotation=60,
        aspect=0.30,
        shear=0.38,
        perspective=0.40,
    ),
    Law(
        side=132,
        scale=(0.70, 0.96),
        bend=3,
        rotation=50,
        aspect=0.26,
        shear=0.30,
        perspective=0.30,
    ),
)
PLAINEST = len(LAWS) - 1


def render(*, seed: bytes, drawings: Sequence[Drawing], level: int, ground: bytes) -> bytes:
    """The sheet as a JPEG file. ``ground`` is the seed of a ground."""
    rng = generator(seed)
    law = LAWS[level]
    sheet = grounds.crop(grounds.ground(ground), COLUMNS * law.side, rng)
    for number, drawing in enumerate(drawings):
        picture = _bent(colours.card(drawing, rng), law, rng)
        row, column = divmod(number, COLUMNS)
        sheet.paste(picture, (column * law.side, row * law.side), picture)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


@functools.lru_cache(maxsize=64)
def render_cached(seed: bytes, drawings: tuple[Drawing, ...], level: int, ground: bytes) -> bytes:
    """``render``, remembering the last 64 sheets of this process (about 1 MB)."""
    return render(seed=seed, drawings=drawings, level=level, ground=ground)


def _bent(card: Image.Image, law: Law, rng: random.Random) -> Image.Image:
    """The card somewhere in its square: any size, turned, perhaps mirrored, and bent."""
    place = _placement(card.width, law, rng)
    step = law.side // CELLS
    lines = range(0, law.side + 1, step)
    jitter = law.bend * law.side / 88
    corner = {
        (x, y): place(x + rng.uniform(-jitter, jitter), y + rng.uniform(-jitter, jitter))
        for x in lines
        for y in lines
    }
    mesh = _mesh(corner, step, lines)
    size = (law.side, law.side)
    return card.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _placement(width: int, law: Law, rng: random.Random):
    """The function from a place in the square to the place in the card that it shows."""
    size = law.side * rng.uniform(*law.scale)
    room = (law.side - size) / 2
    centre_x, centre_y = (law.side / 2 + rng.uniform(-room, room) for _axis in range(2))
    mirror = rng.choice((-1, 1))
    angle = math.radians(rng.uniform(-law.rotation, law.rotation))
    cos, sin = math.cos(angle) * width / size, math.sin(angle) * width / size
    aspect = math.exp(rng.uniform(-law.aspect, law.aspect))
    shear = rng.uniform(-law.shear, law.shear)
    far_x, far_y = (rng.uniform(-law.perspective, law.perspective) / law.side for _axis in range(2))
    half = width / 2

    def source(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - centre_x, y - centre_y
        depth = 1 + far_x * dx + far_y * dy
        dx, dy = dx / depth * aspect, dy / depth / aspect
        dx += shear * dy
        return half + mirror * (dx * cos + dy * sin), half - dx * sin + dy * cos

    return source


def _mesh(corner, step: int, lines: range) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Pillow's mesh: each cell of the square with the four corners (NW, SW, SE, NE) it shows."""
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

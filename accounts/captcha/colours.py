"""A drawing in colours that are not its own: each time others, always calm.

Which thing a picture shows, its shape says. Colours that stayed would tell a machine as much; so
they are turned, taken out of a small palette, or left out for ink on paper.
"""

import colorsys
import io
import math
import random

from PIL import Image, ImageChops, ImageFilter, ImageOps

from accounts.captcha import catalogue
from accounts.captcha.catalogue import Drawing

MARGIN = 6  # pixels around a master, for its halo
HALO = 3  # pixels that the halo reaches beyond the drawing
STYLES = ("turned", "mapped", "mapped", "inked", "inked and mapped")
# A drawing that is black only (ink on paper) has no colours to turn.
STYLES_OF_MONOCHROME = ("mapped", "inked")

Colour = tuple[int, int, int]


def card(drawing: Drawing, rng: random.Random) -> Image.Image:
    """The drawing in random colours on a thin halo, as RGBA, all the rest transparent."""
    master = _master(drawing)
    alpha = master.getchannel("A")
    result = Image.new("RGB", master.size, _of(rng, (0.0, 0.14), (0.88, 1.0)))
    coloured = _coloured(master, alpha, rng, monochrome=catalogue.is_monochrome(drawing))
    result.paste(coloured, (0, 0), alpha)
    result.putalpha(_dilated(alpha))
    return result


def _master(drawing: Drawing) -> Image.Image:
    content = catalogue.master_bytes(drawing)
    return ImageOps.expand(Image.open(io.BytesIO(content)).convert("RGBA"), MARGIN)


def _dilated(mask: Image.Image) -> Image.Image:
    """The mask and HALO pixels around it: ten times as fast as a filter of that size."""
    for x, y in ((HALO, 0), (0, HALO), (HALO // 2, HALO // 2 + 1)):
        there, back = ImageChops.offset(mask, x, y), ImageChops.offset(mask, -x, -y)
        mask = ImageChops.lighter(mask, ImageChops.lighter(there, back))
    return mask


def _coloured(master, alpha, rng: random.Random, *, monochrome: bool) -> Image.Image:
    style = rng.choice(STYLES_OF_MONOCHROME if monochrome else STYLES)
    if style == "turned":
        return master.convert("RGB").convert("RGB", turned(rng.uniform(0, 360)))
    grey = _grey(master, alpha)
    if style == "mapped":
        return _mapped(grey, rng)
    paper = Image.new("RGB", master.size, _of(rng, (0.05, 0.30), (0.90, 1.0)))
    if style == "inked and mapped":
        paper = Image.blend(paper, _mapped(grey, rng), 0.35)
    ink = ImageChops.invert(grey) if monochrome else _lines(grey, alpha)
    paper.paste(_of(rng, (0.3, 0.8), (0.12, 0.38)), (0, 0), ink)
    return paper


def _grey(master: Image.Image, alpha: Image.Image) -> Image.Image:
    """Light and shade of the drawing; mid grey around it."""
    return Image.composite(master.convert("L"), Image.new("L", master.size, 128), alpha)


def _lines(grey: Image.Image, alpha: Image.Image) -> Image.Image:
    """Where ink goes: between the drawing's colours, and along its rim."""
    darkest, lightest = grey.getextrema()
    gain = 3 * 255 / max(1, lightest - darkest)
    inner = grey.filter(ImageFilter.FIND_EDGES).point(lambda value: min(255, int(value * gain)))
    inside = alpha
    for x, y in ((1, 0), (0, 1)):
        there, back = ImageChops.offset(inside, x, y), ImageChops.offset(inside, -x, -y)
        inside = ImageChops.darker(inside, ImageChops.darker(there, back))
    rim = ImageChops.subtract(alpha, inside)
    return ImageChops.multiply(ImageChops.lighter(inner, rim), alpha)


def _mapped(grey: Image.Image, rng: random.Random) -> Image.Image:
    """Light and shade in two or three colours that go together, reversed one time in three."""
    base = rng.random()
    values = (
        [rng.uniform(0.15, 0.40), rng.uniform(0.78, 0.96)]
        if rng.random() < 0.5
        else [rng.uniform(0.12, 0.35), rng.uniform(0.50, 0.68), rng.uniform(0.84, 0.97)]
    )
    if rng.random() < 0.35:
        values.reverse()
    stops = [_colour((base + rng.uniform(-0.2, 0.2)) % 1, _dull(rng, v), v) for v in values]
    table = _table(stops, *grey.getextrema())
    return Image.merge("RGB", (grey,) * 3).point(table)


def _dull(rng: random.Random, value: float) -> float:
    """A saturation that suits this brightness: pale colours are the least vivid."""
    return rng.uniform(0.25, 0.70) if value < 0.75 else rng.uniform(0.05, 0.35)


def _of(rng: random.Random, saturations, values) -> Colour:
    return _colour(rng.random(), rng.uniform(*saturations), rng.uniform(*values))


def _colour(hue: float, saturation: float, value: float) -> Colour:
    return tuple(int(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))


def _table(stops: list[Colour], darkest: int, lightest: int) -> list[int]:
    """Pillow's table from grey to colour: through these stops, over the greys that there are."""
    legs = len(stops) - 1
    edges = [darkest + (lightest - darkest) * leg // legs for leg in range(legs + 1)]
    table = []
    for channel in range(3):
        line = [stops[0][channel]] * darkest
        for leg in range(legs):
            line += _slope(stops[leg][channel], stops[leg + 1][channel], edges[leg + 1] - len(line))
        table += line + [stops[-1][channel]] * (256 - len(line))
    return table


def _slope(start: int, end: int, steps: int) -> list[int]:
    return [start + (end - start) * step // steps for step in range(steps)]


def turned(degrees: float, *, vivid: float = 0.72) -> tuple[float, ...]:
    """The colour matrix that turns the hue, keeps the luminance (as SVG's hueRotate does) and
    dulls colours down to ``vivid``."""
    cos, sin = math.cos(math.radians(degrees)) * vivid, math.sin(math.radians(degrees)) * vivid
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

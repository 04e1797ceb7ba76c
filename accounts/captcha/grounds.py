"""What the pictures stand on: secret images, others every hour.

Pale blotches, with fragments of drawings in them that are nothing to an eye and something to a
machine that looks for outlines. They follow from the site's secret and the hour, so that every
process of every host makes the same ones and none has to be kept anywhere; whoever has the
package has no ground to subtract.
"""

import functools
import random

from PIL import Image

from accounts.captcha import catalogue, colours
from accounts.captcha.randomness import generator

SIDE = 384  # pixels
NUMBER = 8  # an hour
BLOTCHES = 13  # a side
FRAGMENTS = 64
PALE = (212, 250)
STRENGTH = 0.55  # of a fragment over the blotches


@functools.lru_cache(maxsize=2 * NUMBER)
def ground(seed: bytes) -> Image.Image:
    """The image of this seed: about 60 ms of processor, then kept for this hour and the next."""
    rng = generator(seed)
    image = _blotches(rng)
    for _fragment in range(FRAGMENTS):
        fragment = _fragment_of(rng)
        place = rng.randrange(-20, SIDE - 10), rng.randrange(-20, SIDE - 10)
        image.paste(fragment, place, fragment)
    return image


def _blotches(rng: random.Random) -> Image.Image:
    values = bytes(rng.randrange(*PALE) for _value in range(BLOTCHES * BLOTCHES * 3))
    small = Image.frombytes("RGB", (BLOTCHES, BLOTCHES), values)
    return small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _fragment_of(rng: random.Random) -> Image.Image:
    """A piece cut out of a drawing, turned anyhow, faint."""
    card = colours.card(rng.choice(catalogue.every_drawing()), rng)
    width, height = rng.randrange(34, 66), rng.randrange(34, 66)
    x, y = rng.randrange(8, card.width - 8 - width), rng.randrange(8, card.height - 8 - height)
    piece = card.crop((x, y, x + width, y + height))
    size = rng.randrange(26, 52)
    piece = piece.resize((size, max(8, size * height // width)), Image.Resampling.BILINEAR)
    piece = piece.rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR, expand=True)
    piece.putalpha(piece.getchannel("A").point(lambda value: int(value * STRENGTH)))
    return piece


def crop(image: Image.Image, side: int, rng: random.Random) -> Image.Image:
    """A square of ``side`` pixels of a ground: anywhere, turned or mirrored, in another hue."""
    wide = min(side, SIDE - 2)
    x, y = rng.randrange(SIDE - wide), rng.randrange(SIDE - wide)
    part = image.crop((x, y, x + wide, y + wide))
    turn = rng.randrange(8)
    if turn:
        part = part.transpose(Image.Transpose(turn - 1))
    part = part.convert("RGB", colours.turned(rng.uniform(0, 360), vivid=1))
    return part if wide == side else part.resize((side, side), Image.Resampling.BILINEAR)

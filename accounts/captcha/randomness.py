"""Repeatable randomness: the same seed draws the same test, picture or sound again."""

import random


def generator(seed: bytes) -> random.Random:
    """A generator for this seed. What is secret is the seed, an HMAC-SHA256 (accounts.captcha.
    challenge); each use has a seed of its own, so that what one shows tells nothing of another.
    """
    return random.Random(seed)  # noqa: S311

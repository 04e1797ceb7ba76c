"""Signing keys that this process has made already.

A key pair of RSA takes a tenth of a second, and a test asks for many. Each test meets the same
ones in the same order, never one twice; its database knows none of them at first.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable

from django.conf import settings
from jwcrypto.jwk import JWK

_lock = threading.Lock()
_made: dict[tuple[str, int], list[JWK]] = defaultdict(list)


def drawn_by(generate: Callable[[str], JWK]) -> Callable[[str], JWK]:
    """What stands for ``generate`` in one test: it makes a key only where none is left."""
    taken: Counter[tuple[str, int]] = Counter()

    def draw(algorithm: str) -> JWK:
        kind = (algorithm, settings.SIGNING_KEY_BITS)
        with _lock:
            keys, place = _made[kind], taken[kind]
            taken[kind] += 1
            if place == len(keys):
                keys.append(generate(algorithm))
            return keys[place]

    return draw

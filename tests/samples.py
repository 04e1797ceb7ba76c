"""How much is tried of what cannot be tried whole.

`make test` draws a quarter of the examples, beside those that a test names, which always run; any
other way of running the suite draws them all. What a rarer input would show is for `make test-all`.
"""

import os

IS_SMALL = os.environ.get("SAMPLES") == "small"


def examples(whole: int) -> int:
    """How many inputs hypothesis draws for a property."""
    return whole // 4 if IS_SMALL else whole

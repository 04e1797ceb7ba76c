"""WhiteNoise's table of the static files, made once a process.

It is made when a browser of the tests (a Client and its middleware) is made, from hundreds of
files; thousands of browsers read the same ones.
"""

import functools

from whitenoise.base import WhiteNoise


def share_the_table() -> None:
    """From here on, middleware with the same settings has the same files."""
    read = WhiteNoise.update_files_dictionary
    tables: dict[tuple, dict] = {}

    @functools.wraps(read)
    def shared(middleware: WhiteNoise, root: str, prefix: str) -> None:
        options = (middleware.max_age, middleware.allow_all_origins, middleware.charset)
        key = (type(middleware), root, prefix, *options)
        if key not in tables:
            before, middleware.files = middleware.files, {}
            read(middleware, root, prefix)
            tables[key], middleware.files = middleware.files, before
        middleware.files.update(tables[key])

    WhiteNoise.update_files_dictionary = shared

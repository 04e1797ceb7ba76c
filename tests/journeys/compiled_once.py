"""The demonstration partner's pages, compiled once a process: each of its tests makes a site."""

import io

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_compiled: dict[str, bytes] = {}


class _InMemory(BytecodeCache):
    def load_bytecode(self, bucket: Bucket) -> None:
        if code := _compiled.get(bucket.key):
            bucket.load_bytecode(io.BytesIO(code))

    def dump_bytecode(self, bucket: Bucket) -> None:
        file = io.BytesIO()
        bucket.write_bytecode(file)
        _compiled[bucket.key] = file.getvalue()


def compiled_once(app: Flask) -> Flask:
    """The same site; its pages are not compiled again."""
    app.jinja_env.bytecode_cache = _InMemory()
    return app

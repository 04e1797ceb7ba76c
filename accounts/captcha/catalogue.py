"""The pictures, words and recordings that come with the package, read from ``data/``.

The folder stands outside ``static/``: no address of the site leads to a master.
"""

import array
import functools
import io
import json
import threading
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
LANGUAGES = ("fr", "en")
SAMPLE_RATE = 8000  # of the recordings, in samples a second


@dataclass(frozen=True)
class Concept:
    """A thing that the test can ask for: its words, and the drawings of it that we have."""

    slug: str
    words: tuple[tuple[str, str], ...]  # (language, word)
    category: str
    sets: tuple[str, ...]

    def word(self, language: str) -> str:
        """The word in this language, in French when there is none."""
        words = dict(self.words)
        return words.get(language.partition("-")[0], words["fr"])


@dataclass(frozen=True)
class Drawing:
    """One drawing of one concept."""

    slug: str
    set: str


@functools.cache
def _catalogue() -> dict:
    return json.loads((DATA / "concepts.json").read_text("utf-8"))


@functools.cache
def concepts() -> tuple[Concept, ...]:
    """Every concept, always in the same order: challenges are drawn from it by number."""
    return tuple(
        Concept(
            slug=entry["slug"],
            words=tuple((language, entry[language]) for language in LANGUAGES),
            category=entry["category"],
            sets=tuple(entry["sets"]),
        )
        for entry in _catalogue()["concepts"]
    )


@functools.cache
def every_drawing() -> tuple[Drawing, ...]:
    """Every drawing of every concept, always in the same order."""
    return tuple(Drawing(concept.slug, name) for concept in concepts() for name in concept.sets)


@functools.cache
def lookalikes() -> list[list[int]]:
    """For each concept, the numbers of those that a machine confuses with it (docs/captcha.md)."""
    return json.loads((DATA / "lookalikes.json").read_text("ascii"))


def is_monochrome(drawing: Drawing) -> bool:
    """Whether the drawing is black only, and has to be tinted."""
    return drawing.set in _catalogue()["monochrome"]


class _Archive:
    """A zip file of the package, kept open and read by one thread at a time."""

    def __init__(self, name: str):
        self._lock = threading.Lock()
        # In memory: a descriptor shared by forked workers would share its position as well.
        self._zip = zipfile.ZipFile(io.BytesIO((DATA / name).read_bytes()))

    def read(self, name: str) -> bytes:
        with self._lock:
            return self._zip.read(name)

    def names(self) -> list[str]:
        return self._zip.namelist()


@functools.cache
def _archive(name: str) -> _Archive:
    return _Archive(name)


def master_bytes(drawing: Drawing) -> bytes:
    """The master of a drawing, as a WebP file. KeyError when the package does not have it."""
    return _archive("drawings.zip").read(f"{drawing.set}/{drawing.slug}.webp")


@functools.cache
def voices(language: str) -> tuple[str, ...]:
    """The voices that speak this language."""
    names = (name.split("/") for name in _archive("digits.zip").names())
    return tuple(sorted({voice for spoken, voice, _digit in names if spoken == language}))


@functools.cache
def recording(language: str, voice: str, digit: int) -> array.array:
    """The samples of a spoken digit: 16 bits, SAMPLE_RATE."""
    content = _archive("digits.zip").read(f"{language}/{voice}/{digit}.wav")
    with wave.open(io.BytesIO(content)) as sound:
        return array.array("h", sound.readframes(sound.getnframes()))

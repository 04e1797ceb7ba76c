"""Every text that people see has its English, and what is compiled is what is written.

Needs gettext (xgettext, msgmerge) to collect the texts; the rest runs anywhere.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.utils import translation

BASE_DIR = Path(__file__).resolve().parents[2]
CATALOGUE = BASE_DIR / "locale" / "en" / "LC_MESSAGES" / "django.po"
COLLECTED = ("accounts", "locale", "ncconnect", "oidc_provider", "templates", "manage.py")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
MISSING_NO_BREAK_SPACE = re.compile(r"(?:[^\s\u00a0\u202f] |\w)(?=[?!»](?:\s|$))|« | »|\w :(?!//)")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def forms(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Pairs of a French text and its English: one, or singular and plural."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    singular, plural = entry.msgstr_plural[0], entry.msgstr_plural[1]
    return [(entry.msgid, singular), (entry.msgid_plural, plural)]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")
def test_the_catalogue_has_exactly_the_texts_of_the_code(tmp_path, catalogue):
    """`make messages` collects them."""
    for name in COLLECTED:
        source = BASE_DIR / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc", "*.mo"))
        else:
            shutil.copy(source, tmp_path)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale=en", "--no-location"],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    collected = polib.pofile(str(tmp_path / CATALOGUE.relative_to(BASE_DIR)))

    def texts(entries):
        return {(entry.msgctxt, entry.msgid) for entry in entries if not entry.obsolete}

    assert texts(collected) == texts(catalogue)


def test_every_text_has_its_english(catalogue):
    missing = [entry.msgid for entry in catalogue.untranslated_entries()]
    assert not missing


def test_no_translation_is_a_guess_or_out_of_use(catalogue):
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


def test_placeholders_and_outer_spaces_are_the_same(catalogue):
    def shape(text: str) -> tuple:
        return set(PLACEHOLDER.findall(text)), text[:1].isspace(), text[-1:].isspace()

    different = [
        (french, english)
        for entry in catalogue
        for french, english in forms(entry)
        if shape(french) != shape(english)
    ]
    assert not different


def test_french_has_its_typography(catalogue):
    """’ as apostrophe; a no-break space inside « » and before : ; ! ?"""
    careless = [
        text
        for entry in catalogue
        for text in (entry.msgid, entry.msgid_plural)
        if STRAIGHT_APOSTROPHE.search(text) or MISSING_NO_BREAK_SPACE.search(text)
    ]
    assert not careless


def test_the_compiled_catalogue_is_the_written_one(catalogue):
    with translation.override("en"):
        differing = [
            entry.msgid
            for entry in catalogue
            if not entry.msgctxt
            and not entry.msgid_plural
            and translation.gettext(entry.msgid) != entry.msgstr
        ]
    assert not differing

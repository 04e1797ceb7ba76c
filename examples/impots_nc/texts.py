"""French and English: French sentences are the keys, ``catalogue/en.json`` translates them.

Long pages (the notices) are stored whole, one file for each language, of the same shape.
"""

import json
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from flask import Response, g, request

LANGUAGES = ("fr", "en")
COOKIE = "impots_lang"
COOKIE_SECONDS = 365 * 24 * 3600
CATALOGUE = Path(__file__).parent / "catalogue"
NOUMEA = timezone(timedelta(hours=11))  # no daylight saving there
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for it)
    """Mark a French sentence that is translated later, where it is shown."""
    return text


def language() -> str:
    """The language of this page: asked for in the address, else remembered, else French."""
    if "language" not in g:
        asked = request.args.get("lang"), request.cookies.get(COOKIE)
        g.language = next((lang for lang in asked if lang in LANGUAGES), "fr")
    return g.language


def remember_language(response: Response, secure: bool) -> Response:
    """Keep a language that was asked for in the address."""
    return keep_language(response, request.args.get("lang", ""), secure)


def keep_language(response: Response, chosen: str, secure: bool) -> Response:
    """Keep a language: one asked for here, or at NC Connect (the claim ``locale``)."""
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE, chosen, COOKIE_SECONDS, secure=secure, httponly=True, samesite="Lax"
        )
    return response


@cache
def english() -> dict[str, str]:
    """The translations, by French sentence."""
    return json.loads((CATALOGUE / "en.json").read_text("utf-8"))


def translate(text: str) -> str:
    """A French sentence in the language of the page."""
    return english().get(text, text) if language() == "en" else text


def translate_number(one: str, many: str, number: int) -> str:
    """The gettext interface's plural form: French and English both count from two."""
    return translate(one if number < 2 else many)


@cache
def articles(lang: str) -> dict[str, dict]:
    """The notices and information pages in one language, by the last part of their address."""
    rows = json.loads((CATALOGUE / f"articles.{lang}.json").read_text("utf-8"))
    return {row["slug"]: row for row in rows}


def long_date(timestamp: int) -> str:
    """A day in words, in Nouméa's time: « 24 novembre 2026 »."""
    moment = datetime.fromtimestamp(timestamp, NOUMEA)
    month = MONTHS[language()].split()[moment.month - 1]
    day = "1er" if moment.day == 1 and language() == "fr" else moment.day
    return f"{day} {month} {moment.year}"

"""A page that is rendered once for all who see the same of it, with holes for the few values that
are one visitor's own.

    PAGE = Prepared("accounts/sign_in.html", context, holes=("csrf_token", "next"))
    html = PAGE.filled(look, csrf_token=…, next=…)

It is rendered without a request, with a mark in the place of each hole, so nothing of a person can
stay in what is kept. What is kept is found by the language and by ``look``, all else that the page
shows: a partner that changes, or a setting, is another look. A hole stands in a text or in a quoted
attribute, and whatever fills it is escaped here, as a template does.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

KEPT = 256  # looks of one page; each is as long as the page
# No text of anybody holds it: it is of this process, and never leaves it.
_MARK = f"hole{secrets.token_hex(16)}n"
_HOLE = re.compile(f"{_MARK}([0-9]+)n")


class Prepared:
    """``context``: what the template is given for a look, with the marks by the names of holes."""

    def __init__(
        self,
        template: str,
        context: Callable[[Any, Mapping[str, str]], dict[str, Any]],
        holes: tuple[str, ...],
    ):
        self.holes = holes
        self._template = template
        self._context = context
        self._pieces = lru_cache(maxsize=KEPT)(self._rendered)

    def filled(self, look: Hashable, **values: str) -> str:
        """The page of this look, with these values. Raises KeyError for a hole without a value."""
        texts, order = self._pieces(look, get_language())
        escaped = [escape(str(values[name])) for name in self.holes]
        page = texts.copy()
        page[1::2] = [escaped[number] for number in order]
        return "".join(page)

    def _rendered(self, look: Hashable, language: str) -> tuple[list[str], list[int]]:
        """Texts, with the numbers of the holes at the odd places between them."""
        marks = {name: f"{_MARK}{number}n" for number, name in enumerate(self.holes)}
        pieces = _HOLE.split(render_to_string(self._template, self._context(look, marks)))
        return pieces, [int(number) for number in pieces[1::2]]

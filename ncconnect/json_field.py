"""A form field for JSON that Python, PostgreSQL and a page can all hold; a fault is told in words.

json.loads takes more than that: NaN, \\u0000, half a surrogate pair, a thousand levels.
"""

import json
import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_DEPTH = 50


class Decoder(json.JSONDecoder):
    """Raises json.JSONDecodeError, which Django's field expects, and nothing else."""

    def decode(self, text: str) -> Any:
        try:
            value = super().decode(text)
            _check(value)
        except json.JSONDecodeError as error:
            place = {"line": error.lineno, "column": error.colno}
            message = _(
                "Ce n’est pas du JSON, à la ligne %(line)d, colonne %(column)d : vérifiez les "
                "guillemets, les virgules et les accolades."
            )
            raise json.JSONDecodeError(message % place, text, error.pos) from None
        except RecursionError:
            raise json.JSONDecodeError(_too_deep(), text, 0) from None
        except ValueError as error:  # a number of thousands of digits is one as well
            message = str(error) if isinstance(error, _Fault) else _bad_number()
            raise json.JSONDecodeError(message, text, 0) from None
        return value


class JSONField(forms.JSONField):
    def __init__(self, **options):
        super().__init__(**options | {"decoder": Decoder})

    def to_python(self, value):
        if isinstance(value, str) and value not in self.empty_values:
            try:
                self.decoder().decode(value)
            except json.JSONDecodeError as error:
                raise ValidationError(error.msg, code="invalid") from None
        return super().to_python(value)


class _Fault(ValueError):
    """Valid JSON that cannot be kept; the text is for the reader."""


def _check(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise _Fault(_too_deep())
    if isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        raise _Fault(
            _("Retirez le caractère nul (\\u0000) ou la moitié de caractère (comme \\ud800).")
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise _Fault(_bad_number())
    if isinstance(value, dict | list):
        for part in (*value, *(value.values() if isinstance(value, dict) else ())):
            _check(part, depth + 1)


def _too_deep() -> str:
    return _("Trop de niveaux l’un dans l’autre : %(number)d au plus.") % {"number": MAX_DEPTH}


def _bad_number() -> str:
    return _("Un nombre est trop grand, ou n’en est pas un (NaN, Infinity).")

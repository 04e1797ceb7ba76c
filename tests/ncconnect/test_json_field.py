"""JSON that a person typed: kept and shown again as it is, or refused in words."""

import pytest
from django.core.exceptions import ValidationError

from ncconnect.json_field import MAX_DEPTH, JSONField


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1,}', "ligne 1, colonne 9"),
        ("[" * 3_000 + "]" * 3_000, "Trop de niveaux"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "Trop de niveaux"),
        (r'["\ud800"]', "moitié de caractère"),
        (r'{"\udc00": 1}', "moitié de caractère"),
        (r'{"a": {"b": "\u0000"}}', "caractère nul"),
        ("[NaN]", "NaN"),
        ("-Infinity", "NaN"),
        ("1e999", "trop grand"),
        ("1" * 5_000, "trop grand"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_shown_again(text, told):
    field = JSONField()
    with pytest.raises(ValidationError) as refused:
        field.clean(text)
    assert told in refused.value.messages[0]
    assert field.has_changed({}, text)
    assert field.prepare_value(field.bound_data(text, {})) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["Moana", "😀"]', ["Moana", "😀"]),
        (r'"\ud83d\ude00 \\u0000"', r"😀 \u0000"),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None),
    ],
)
def test_what_can_is_taken(text, value):
    assert JSONField().clean(text) == value or value is None

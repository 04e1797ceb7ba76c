"""A page rendered once: what is one visitor's own is in no other's page, and never markup."""

import pytest
from django.template import engines
from django.utils import translation
from django.utils.safestring import mark_safe

from ncconnect import prepared
from ncconnect.prepared import Prepared

PAGE = (
    '{% load i18n %}<p class="{{ look }}">{% translate "Aide" %} {{ name }}</p>'
    '<a href="/?q={{ word|urlencode }}&amp;r={{ word }}">{{ name }}</a>'
)
HOSTILE = ("", "moana", '"><script>x</script>', "' onclick=x", "&amp;", "{{ name }}", "é’\u2028\\1")


@pytest.fixture
def rendered(monkeypatch) -> list[dict]:
    """What the template was given, each time that it was rendered."""
    contexts = []

    def render(name, context):
        contexts.append(context)
        return engines["django"].from_string(PAGE).render(context)

    monkeypatch.setattr(prepared, "render_to_string", render)
    return contexts


@pytest.fixture
def page(rendered) -> Prepared:
    return Prepared("page", lambda look, own: {"look": look, **own}, holes=("name", "word"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hole_is_filled_as_the_template_would(page, name):
    context = {"look": "calm", "name": name, "word": "a"}
    expected = engines["django"].from_string(PAGE).render(context)
    assert page.filled("calm", name="autre", word="b")
    assert page.filled("calm", name=name, word="a") == expected


def test_what_claims_to_be_safe_is_escaped_all_the_same(page):
    assert "<b>" not in page.filled("calm", name=mark_safe("<b>"), word="a")


def test_nothing_of_one_visitor_is_in_the_page_of_another(page):
    first = page.filled("calm", name="moana", word="un")
    second = page.filled("calm", name="jean", word="deux")
    assert "moana" in first
    assert "moana" not in second
    assert "un" not in second


def test_it_is_rendered_once_for_a_look_and_a_language(page, rendered):
    for look in ("calm", "calm", "loud"):
        for language in ("fr", "en"):
            with translation.override(language):
                text = page.filled(look, name="moana", word="a")
            assert f'class="{look}"' in text
            assert ("Help" if language == "en" else "Aide") in text
    assert len(rendered) == 4


def test_what_is_rendered_ahead_knows_no_value(page, rendered):
    page.filled("calm", name="moana", word="un")
    assert "moana" not in str(rendered)


def test_no_mark_is_left_in_a_page(page):
    assert "hole" not in page.filled("calm", name="moana", word="a")


def test_a_text_that_looks_like_a_hole_is_a_text(page):
    assert "hole0n" in page.filled("calm", name="hole0n", word="hole1n")


def test_a_hole_without_a_value_is_an_error(page):
    with pytest.raises(KeyError):
        page.filled("calm", name="moana")


def test_no_more_is_kept_than_so_much(page, rendered):
    for number in range(prepared.KEPT + 1):
        page.filled(f"look {number}", name="a", word="a")
    page.filled("look 0", name="a", word="a")
    assert len(rendered) == prepared.KEPT + 2

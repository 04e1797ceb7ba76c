"""What is kept of a page holds nothing of who saw it first."""

import pytest
from django.template import TemplateSyntaxError, engines
from django.utils import translation


def template(source: str):
    return engines["django"].from_string("{% load i18n unchanging %}" + source)


def test_it_knows_nothing_of_the_page_nor_of_the_request(rf):
    page = template(
        "{{ name }}|{% unchanging %}{{ name }}{{ request }}{{ user }}{{ path }}{{ csrf_token }}"
        "{% csrf_token %}{{ signed_in }}{% endunchanging %}|"
    )
    for name in ("Moana", "Léa"):
        assert page.render({"name": name}, rf.get("/")) == f"{name}||"


def test_nor_does_what_it_includes(rf):
    page = template('{% unchanging %}{% include "components/partner.html" %}{% endunchanging %}')
    partner = {"destination": {"partner_name": "impots.nc"}}
    assert page.render(partner, rf.get("/")).strip() == ""


def test_each_language_has_its_own(rf):
    page = template('{% unchanging %}{% translate "Aide" %}{% endunchanging %}')
    for language, word in [("fr", "Aide"), ("en", "Help"), ("fr", "Aide"), ("en", "Help")]:
        with translation.override(language):
            assert page.render({}, rf.get("/")) == word


def test_it_is_rendered_once(rf):
    page = template("{% unchanging %}{% now 'u' %}{% endunchanging %}")
    assert page.render({}, rf.get("/")) == page.render({}, rf.get("/"))


def test_it_may_make_variables_for_itself(rf):
    page = template(
        '{% unchanging %}{% url "help" as address %}{{ address }}{% endunchanging %}|{{ address }}'
    )
    assert page.render({}, rf.get("/")) == "/aide/|"


def test_a_block_inside_is_refused():
    with pytest.raises(TemplateSyntaxError, match="block"):
        template("{% unchanging %}{% block a %}{% endblock %}{% endunchanging %}")

"""Fields, summaries, steps: what a screen reader is told about them."""

import pytest
from django.template import engines
from django.template.loader import render_to_string

from tests.architecture.page import Page
from tests.architecture.pages_sample import views


class Rendered:
    def __init__(self, html: str):
        self.content = html.encode()


@pytest.fixture
def render(rf, monkeypatch):
    """The sample page, refused (``errors=True``) or fresh."""
    source = (views.TEMPLATES / "sample.html").read_text()

    def render_sample(errors: bool = False) -> Page:
        request = rf.get("/", {"errors": ""} if errors else {})
        facts = views.facts(request) | {"form": views.form(request)}
        return Page(Rendered(engines["django"].from_string(source).render(facts, request)))

    return render_sample


def test_every_field_has_a_label_of_its_own(render):
    page = render()
    targets = {label.get("for") for label in page.find("label")}
    for field in page.find("input"):
        if field.get("type") not in ("hidden", "checkbox"):
            assert field["id"] in targets


def test_hint_is_tied_to_its_field(render):
    page = render()
    (field,) = page.find("input", name="email")
    assert field["aria-describedby"] == "id_email_helptext"
    assert "id_email_helptext" in page.ids()
    assert field["autocomplete"] == "username"
    assert "required" in field.attributes


def test_refused_field_says_so_and_points_to_its_error(render):
    page = render(errors=True)
    (field,) = page.find("input", name="email")
    assert field["aria-invalid"] == "true"
    described = field["aria-describedby"].split()
    assert described == ["id_email_helptext", "id_email_error"]
    assert set(described) <= page.ids()
    (error,) = page.find("p", id="id_email_error")
    assert error.text.strip().startswith("Erreur :")


def test_summary_takes_the_focus_and_leads_to_each_field(render):
    page = render(errors=True)
    (summary,) = page.find("div", id="erreurs")
    assert summary["role"] == "alert"
    assert summary["tabindex"] == "-1"
    assert "autofocus" in summary.attributes
    links = [a for a in page.find("a") if a["href"].startswith("#id_")]
    assert [a["href"][1:] for a in links] == ["id_email", "id_password", "id_cgu", "id_choice"]
    assert {a["href"][1:] for a in links} <= page.ids()
    assert "Le formulaire contient 4 erreurs" in summary.text
    assert "Ajoutez une majuscule. Ajoutez un chiffre." in summary.text


def test_title_of_a_refused_form_says_error_first(render):
    assert render(errors=True).title().startswith("Erreur : Composants")
    assert render().title() == "Composants – NC Connect"


def test_one_error_is_counted_in_the_singular():
    from django import forms

    form = forms.Form(data={})
    form.full_clean()
    form.add_error(None, "Vérifiez.")
    html = render_to_string("components/error_summary.html", {"form": form})
    assert "Le formulaire contient une erreur" in html
    assert "Vérifiez." in html


def test_form_without_error_has_no_summary(render):
    assert not render().find("div", id="erreurs")


def test_optional_field_is_marked_and_a_password_is_not_echoed(render):
    page = render(errors=True)
    (phone,) = page.find("label", for_="id_phone")
    assert phone.text.endswith("(facultatif)")
    assert "value" not in page.find("input", name="password")[0].attributes


def test_checkbox_stands_beside_its_label(render):
    page = render()
    position = page.tags.index(page.find("input", name="cgu")[0])
    assert page.tags[position + 1].name == "label"


def test_current_step_is_told_in_words_too(render):
    page = render()
    current = [step.text for step in page.find("li", aria_current="step")]
    assert current == ["Activer", "Créer le compte", "Nouveau mot de passe"]
    assert page.find("li", class_="fait")[0].text == "Créer (fait)"


def test_pictures_that_decorate_are_silent(render):
    assert all(svg["aria-hidden"] == "true" for svg in render().find("svg"))

"""An <input> is what Django's templates make of it."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from ncconnect.forms import Renderer

HOSTILE = "\"'><script>&amp;"


class Tags(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.found.append(("text", data))


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        (forms.TextInput(), None),
        (forms.TextInput(), ""),
        (forms.TextInput(), HOSTILE),
        (forms.TextInput(), mark_safe("a &amp; b")),
        (forms.TextInput(attrs={"title": HOSTILE, "size": 30, "autofocus": True}), "é"),
        (forms.TextInput(attrs={"title": mark_safe("a &amp; b"), "required": False}), 0),
        (forms.EmailInput(), "moana@exemple.nc"),
        (forms.PasswordInput(), "never echoed"),
        (forms.HiddenInput(), "x"),
        (forms.NumberInput(attrs={"min": 0}), 12345),
        (forms.URLInput(), "https://exemple.nc/?a=b&c=d"),
        (forms.CheckboxInput(), True),
        (forms.CheckboxInput(), False),
        (forms.CheckboxInput(), "value"),
    ],
)
def test_it_says_the_same(widget, value):
    def tags(renderer) -> list:
        html = widget.render("a_name", value, {"id": "id_a_name"}, renderer)
        return Tags(html).found

    ours = tags(Renderer())
    assert ours == tags(TemplatesSetting())
    assert [tag for tag, _ in ours] == ["input"]


def test_what_is_no_input_has_its_template():
    html = forms.Textarea().render("a_name", HOSTILE, renderer=Renderer())
    assert Tags(html).found[0][0] == "textarea"
    assert "<script>" not in html


class Door(forms.Form):
    unchanging = ("name",)

    name = forms.CharField(label=gettext_lazy("Adresse e-mail"))
    other = forms.CharField()


class TestAnUnchangingField:
    """The templates are asked for it once, and the page shows the same."""

    @pytest.fixture
    def asked(self, monkeypatch):
        """The templates that Django rendered for the fields."""
        names = []
        render = TemplatesSetting.render

        def counting(self, name, context, request=None):
            names.append(name)
            return render(self, name, context, request)

        monkeypatch.setattr(TemplatesSetting, "render", counting)
        return names

    @pytest.fixture
    def group(self):
        """A field of a form, as the page shows it; all by one renderer."""
        renderer = Renderer()

        def group(name="name", form=Door, **kwargs) -> str:
            return form(renderer=renderer, **kwargs)[name].as_field_group()

        return group

    def test_it_is_rendered_once_a_language(self, group, asked):
        french = group()
        assert "Adresse e-mail" in french
        with translation.override("en"):
            english = group()
            assert "E-mail address" in english
            assert group() == english
        assert group() == french
        assert len(asked) == 2

    def test_what_somebody_wrote_is_theirs(self, group):
        empty = group()
        assert "moana" in group(data={"name": "moana"})
        assert "moana" in group(initial={"name": "moana"})
        assert "erreur" in group(data={})
        assert group() == empty

    def test_another_field_or_form_has_its_own(self, group, asked):
        class Another(Door):
            name = forms.CharField(label="Another")

        assert group("other") == group("other")
        assert len(asked) == 2
        assert "Another" not in group()
        assert "Another" in group(form=Another)

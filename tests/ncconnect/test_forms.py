"""An <input> is what Django's templates make of it."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe

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

"""How forms become HTML: templates/django/forms for their fields, and a line here for <input>."""

import html

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# Django's templates of these are one and the same.
INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("checkbox", "email", "hidden", "input", "number", "password", "text", "url")
)


class Renderer(TemplatesSetting):
    """Django's renderer, but for <input>: with a template each costs ten times as much.

    A form names in ``unchanging`` the fields that are the same whenever nobody has filled them in:
    each of those is then rendered once for each language. Without it, /connexion/ costs 7 % more.
    """

    def __init__(self):
        super().__init__()
        self.rendered: dict[tuple[type, str, str | None], SafeString] = {}

    def render(self, template_name: str, context: dict, request=None) -> SafeString:
        if template_name in INPUTS:
            return _input(context["widget"])
        field = context.get("field")
        if field is None or not _is_unchanging(field):
            return super().render(template_name, context, request)
        key = (type(field.form), field.name, get_language())
        if key not in self.rendered:
            self.rendered[key] = super().render(template_name, context, request)
        return self.rendered[key]


def _is_unchanging(field: BoundField) -> bool:
    names = getattr(field.form, "unchanging", ())
    return field.name in names and not field.form.is_bound and not field.initial


def _input(widget: dict) -> SafeString:
    value = {} if widget["value"] is None else {"value": widget["value"]}
    attributes = {"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]}
    return SafeString(f"<input{''.join(map(_attribute, attributes, attributes.values()))}>")


def _attribute(name: str, value: object) -> str:
    """A bare name for True, nothing for False; names are ours, values anybody's."""
    if isinstance(value, bool):
        return f" {name}" if value else ""
    escaped = value.__html__() if hasattr(value, "__html__") else html.escape(str(value))
    return f' {name}="{escaped}"'

"""How forms become HTML: templates/django/forms for their fields, and a line here for <input>."""

import html

from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString

# Django's templates of these are one and the same.
INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("checkbox", "email", "hidden", "input", "number", "password", "text", "url")
)


class Renderer(TemplatesSetting):
    """Django's renderer, but for <input>: with a template each costs ten times as much."""

    def render(self, template_name: str, context: dict, request=None) -> SafeString:
        if template_name in INPUTS:
            return _input(context["widget"])
        return super().render(template_name, context, request)


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

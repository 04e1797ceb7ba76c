"""The list of what a long page holds, made of its own headings."""

import re
from html import unescape

from django.template import Context, Library, Node, NodeList
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.text import slugify

register = Library()
HEADING = re.compile(r"<h2(?P<attributes>[^>]*)>(?P<words>.*?)</h2>", re.DOTALL)
ID = re.compile(r'\bid="([^"]*)"')
WORTH_IT = 3  # headings; a shorter page is seen at one glance


class Contents(Node):
    def __init__(self, nodelist: NodeList):
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        entries: list[tuple[str, str]] = []

        def named(heading: re.Match) -> str:
            words = unescape(strip_tags(heading["words"])).strip()
            own = ID.search(heading["attributes"])
            name = own[1] if own else slugify(words)
            entries.append((name, words))
            return heading[0] if own else heading[0].replace("<h2", f'<h2 id="{name}"', 1)

        page = HEADING.sub(named, self.nodelist.render(context))
        if len(entries) < WORTH_IT:
            entries = []
        return render_to_string("components/contents.html", {"entries": entries}) + page


@register.tag
def contents(parser, token) -> Contents:
    """``{% contents %}…{% endcontents %}``: links to the ``<h2>`` within, then what is within.

    A heading without an id is given one, made of its words.
    """
    nodelist = parser.parse(["endcontents"])
    parser.delete_first_token()
    return Contents(nodelist)

"""Reading a page as a test wants to: its tags, in order, with their attributes and text.

No-break spaces read as spaces here; tests/architecture/test_locale.py looks after them.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "img", "br", "hr", "path", "circle", "rect"}


@dataclass
class Tag:
    name: str
    attributes: dict
    text: str = ""
    ancestors: list[str] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    def get(self, attribute: str, default: str = "") -> str:
        return self.attributes.get(attribute, default)


class Page(HTMLParser):
    """``tags`` in document order; ``find("a", href="#contenu")`` selects among them."""

    def __init__(self, response):
        super().__init__()
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        found = Tag(tag, dict(attrs), ancestors=[t.name for t in self._open])
        self.tags.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(Tag(tag, dict(attrs), ancestors=[t.name for t in self._open]))

    def handle_endtag(self, tag):
        while self._open and self._open.pop().name != tag:
            pass

    def handle_data(self, data):
        for tag in self._open:
            tag.text += data.replace("\u00a0", " ")

    def find(self, tag_name: str, /, **attributes) -> list[Tag]:
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            tag
            for tag in self.tags
            if tag.name == tag_name and wanted.items() <= tag.attributes.items()
        ]

    def ids(self) -> set[str]:
        return {tag["id"] for tag in self.tags if "id" in tag.attributes}

    def title(self) -> str:
        return self.find("title")[0].text

"""The forms of a page, filled in and sent as a browser sends them: to their own address, with
everything that they hold, under the origin that the page lets the browser tell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.http import HttpResponse

URLENCODED = "application/x-www-form-urlencoded"
BUTTONS = ("submit", "image")
SENT_ONLY_WHEN_CHOSEN = ("checkbox", "radio")
NEVER_SENT = ("button", "reset", "file")


class NoSuchForm(AssertionError):
    """The page shows no form that has these fields."""


class NoSuchField(AssertionError):
    """The form has no such field: nobody could have filled it in."""


@dataclass
class Form:
    """What a form of a page sends: its fields as they stand, and the button that is pressed."""

    address: str
    method: str = "get"
    origin: str = ""
    is_multipart: bool = False
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **values) -> dict[str, object]:
        """All that is sent once ``values`` are filled in; None or False unticks, or leaves out."""
        if strange := values.keys() - self.names:
            raise NoSuchField(f"{sorted(strange)} in the form of {self.address}")
        pressed = {name: value for name, value in self.buttons[:1] if name}
        if values.keys() & {name for name, _ in self.buttons}:
            pressed = {}
        sent = self.fields | pressed | values
        return {name: value for name, value in sent.items() if value not in (None, False)}

    def sent_by(self, client, **values) -> HttpResponse:
        """Fill it in and send it with a browser; the redirect that answers is not followed."""
        return self._send(client, self.filled(**values))

    def forged_by(self, client, values: dict) -> HttpResponse:
        """The same with whatever a hostile hand puts into it, fields that no page has included."""
        return self._send(client, self.fields | values)

    def _send(self, client, data: dict[str, object]) -> HttpResponse:
        """Its method, its encoding, and the origin of its page."""
        if self.method == "get":
            return client.get(self.address, data)
        headers = {"Origin": self.origin} if self.origin else {}
        if self.is_multipart:
            return client.post(self.address, data, headers=headers)
        body = urlencode(data, doseq=True)
        return client.post(self.address, body, content_type=URLENCODED, headers=headers)


def forms_of(page: HttpResponse) -> list[Form]:
    """The forms of a page, in their order; read once, however often somebody looks."""
    if not hasattr(page, "forms_read"):
        page.forms_read = _read(page)
    return page.forms_read


def _read(page: HttpResponse) -> list[Form]:
    if not page.get("Content-Type", "").startswith("text/html"):
        return []
    request = page.wsgi_request
    origin = f"{request.scheme}://{request.get_host()}"
    reader = _Reader(request.get_full_path(), origin, page.get("Referrer-Policy", ""))
    reader.feed(page.content.decode())
    return reader.forms


def form_of(page: HttpResponse, *names: str) -> Form:
    """The first form of the page that has all these fields or buttons."""
    return _first(page, lambda form: form.names >= set(names), f"a form with {names}")


def form_to(page: HttpResponse, path: str) -> Form:
    """The first form of the page that is sent to this path, whatever query follows it."""
    return _first(page, lambda form: form.address.partition("?")[0] == path, f"a form to {path}")


def form_of_nothing(address: str, client) -> Form:
    """What a hostile hand sends without a form: its own browser holds a token of ours."""
    held = client.cookies.get(settings.CSRF_COOKIE_NAME)
    return Form(
        address, method="post", fields={"csrfmiddlewaretoken": [held.value]} if held else {}
    )


def _first(page: HttpResponse, is_it: Callable[[Form], bool], what: str) -> Form:
    forms = forms_of(page)
    for form in forms:
        if form.method == "post" and is_it(form):
            return form
    for form in forms:
        if is_it(form):
            return form
    raise NoSuchForm(f"{what}, on {page.wsgi_request.path} ({page.status_code})")


class _Reader(HTMLParser):
    """HTML 4.10.21.4, « constructing the entry list », for the fields that pages of ours have."""

    def __init__(self, address: str, origin: str, referrer_policy: str):
        super().__init__()
        self.forms: list[Form] = []
        self._address, self._origin, self._policy = address, origin, referrer_policy
        self._is_open = False
        self._apart: dict[str, list[dict]] = {}  # buttons before their form, by its id
        self._select, self._textarea = None, None

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._opens(given)
        elif tag == "meta" and given.get("name") == "referrer":
            self._policy = given.get("content", "")
        elif tag == "button" and "form" in given:
            self._apart.setdefault(given["form"], []).append(given)
        elif self._is_open and "disabled" not in given:
            reads = getattr(self, f"_reads_{tag}", None)
            if reads:
                reads(given)

    def handle_endtag(self, tag):
        if tag == "form":
            self._is_open = False
        elif tag == "select":
            self._closes_select()
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data):
        if self._textarea is not None:
            values = self.forms[-1].fields[self._textarea]
            # The line break right behind the opening tag belongs to the markup.
            values[-1] += data if values[-1] else data.removeprefix("\n")

    def _opens(self, given: dict) -> None:
        self._is_open = True
        self.forms.append(
            Form(
                address=urljoin(self._address, given.get("action") or self._address),
                method=given.get("method", "get").lower(),
                # Fetch, « append a request `Origin` header ».
                origin="null" if self._policy == "no-referrer" else self._origin,
                is_multipart=given.get("enctype") == "multipart/form-data",
            )
        )
        for button in self._apart.pop(given.get("id", ""), ()):
            self._reads_button(button)

    def _adds(self, name: str, value: str | None) -> None:
        self.forms[-1].names.add(name)
        if value is not None:
            self.forms[-1].fields.setdefault(name, []).append(value)

    def _reads_input(self, given: dict) -> None:
        kind, name = given.get("type", "text").lower(), given.get("name", "")
        if kind in BUTTONS:
            self._reads_button(given)
        elif name:
            value = given.get("value", "on" if kind in SENT_ONLY_WHEN_CHOSEN else "")
            is_left_out = kind in NEVER_SENT or (
                kind in SENT_ONLY_WHEN_CHOSEN and "checked" not in given
            )
            self._adds(name, None if is_left_out else value)

    def _reads_button(self, given: dict) -> None:
        if given.get("type", "submit").lower() in BUTTONS:
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", "")))
            self.forms[-1].names |= {given["name"]} if given.get("name") else set()

    def _reads_textarea(self, given: dict) -> None:
        if given.get("name"):
            self._textarea = given["name"]
            self._adds(self._textarea, "")

    def _reads_select(self, given: dict) -> None:
        if given.get("name"):
            self._select = (given["name"], "multiple" in given, [])
            self._adds(given["name"], None)

    def _reads_option(self, given: dict) -> None:
        if self._select:
            self._select[2].append((given.get("value", ""), "selected" in given))

    def _closes_select(self) -> None:
        if self._select:
            name, takes_several, options = self._select
            chosen = [value for value, is_chosen in options if is_chosen]
            for value in chosen or [value for value, _ in options if not takes_several][:1]:
                self._adds(name, value)
        self._select = None

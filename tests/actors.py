"""The people of the tests. Actors do what people do, in a browser without JavaScript, and assert
nothing: tests do."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.urls import reverse

from accounts.captcha import challenge as captcha
from accounts.models import User
from ncconnect.mail import NobodyToWriteTo
from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import RenderedMessage, render

PASSWORD = "Tortue Luth 2026"


@dataclass
class EndUser:
    """A person, their address and password, in front of one browser (``client``)."""

    client: object
    email: str = "moana@exemple.nc"
    password: str = PASSWORD
    page: HttpResponse | None = field(default=None, repr=False)

    # Pages

    def opens(self, url: str, **headers) -> HttpResponse:
        """Follow redirects inside the site; a foreign address is where this stops."""
        self.page = self._follow(self.client.get(url, headers=headers))
        return self.page

    def submits(self, url: str, data: dict) -> HttpResponse:
        self.page = self._follow(self.client.post(url, data))
        return self.page

    def sends(self, **fields) -> HttpResponse:
        """Submit the form of the page in front of them, with what it carries unseen."""
        asked = self.page.request
        address = f"{asked['PATH_INFO']}?{asked['QUERY_STRING']}".removesuffix("?")
        return self.submits(address, hidden_fields(self.page) | fields)

    def _follow(self, response: HttpResponse) -> HttpResponse:
        for _ in range(8):
            target = response.get("Location", "")
            if response.status_code not in (301, 302, 303) or urlsplit(target).netloc:
                return response
            response = self.client.get(target)
        raise AssertionError("the redirects do not end")

    # Journeys

    def signs_up(self, *, way: str = "", **changes) -> HttpResponse:
        """Fill in the whole page and submit it; ``changes`` replace fields."""
        url = reverse("accounts:sign_up")
        self.opens(f"{url}?next={way}" if way else url)
        fields = {
            "email": self.email,
            "email2": self.email,
            "password1": self.password,
            "password2": self.password,
            "cgu": "on",
            "next": way,
        }
        return self.submits(url, fields | solved(self.page) | changes)

    def has_an_account(self, **fields) -> User:
        """An activated account, made without the pages."""
        from django.utils import timezone

        fields = {"activated_at": timezone.now()} | fields
        return User.objects.create_user(self.email, self.password, **fields)

    def signs_in(self, *, way: str = "", **changes) -> HttpResponse:
        fields = {"username": self.email, "password": self.password, "next": way}
        return self.submits(reverse("accounts:sign_in"), fields | changes)

    def signs_out(self) -> HttpResponse:
        return self.submits(reverse("accounts:sign_out"), {})

    # Mails

    def mails(self, name: str | None = None) -> list[RenderedMessage]:
        """What lies in this person's mailbox, newest first."""
        rows = Outbox.objects.filter(to=self.email).order_by("-created_at")
        asked_for = [row for row in rows if name in (None, row.name)]
        return [message for row in asked_for if (message := _rendered(row))]

    def follows_the_link(self, name: str) -> HttpResponse:
        """Open the address of the newest mail of this name."""
        return self.opens(link_of(self.mails(name)[0]))


def _rendered(row: Outbox) -> RenderedMessage | None:
    """None when nobody is to have it: then it never leaves."""
    try:
        return render(row)
    except NobodyToWriteTo:
        return None


def link_of(message: RenderedMessage) -> str:
    """The one-time link of a mail, as a path of the site."""
    pattern = re.compile(r"https?://\S+/(?:activation|mot-de-passe-oublie|invitation)/\S+/")
    [address] = {line.strip() for line in message.text.splitlines() if pattern.match(line.strip())}
    return urlsplit(address).path


def hidden_fields(page: HttpResponse) -> dict[str, str]:
    """The hidden inputs of a page, as a browser would send them back."""
    parser = _Inputs()
    parser.feed(page.content.decode())
    return parser.hidden


class _Inputs(HTMLParser):
    def __init__(self):
        super().__init__()
        self.hidden = {}

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "input" and names.get("type") == "hidden" and "name" in names:
            self.hidden[names["name"]] = names.get("value", "")


def solved(page: HttpResponse) -> dict[str, object]:
    """The fields of the captcha of a page, with the right pictures chosen."""
    fields = {k: v for k, v in hidden_fields(page).items() if k.startswith("captcha")}
    token = fields.get("captcha_jeton", "")
    if not token:
        return fields
    test = captcha.Challenge(captcha.Facts(**captcha._TOKEN.open(token)))
    return fields | {"captcha_choix": sorted(test.right_values)}

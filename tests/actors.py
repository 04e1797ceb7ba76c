"""The people of the tests. Actors do what people do, in a browser without JavaScript, and assert
nothing: tests do."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse

from accounts.captcha import challenge as captcha
from accounts.models import User
from ncconnect.mail import NobodyToWriteTo
from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import RenderedMessage, render
from tests.page_forms import Form, NoSuchForm, form_of, form_of_nothing, form_to, forms_of

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

    def submits(self, url: str = "", data: dict | None = None, /, **fields) -> HttpResponse:
        """Fill in the form of the page that has these fields or buttons, and send it.

        With an address: the form of the page shown that is sent there; if it has none, the page
        at that address is opened first.
        """
        if url:
            return self._submits_to(url, (data or {}) | fields)
        return self.sends(self.form(*fields), **fields)

    def form(self, *names: str) -> Form:
        """The form of the page shown that has these fields, to be sent now or later, or twice."""
        return form_of(self.page, *names)

    def sends(self, form: Form | None = None, /, **fields) -> HttpResponse:
        """Send a form that a page has shown, one that Back or another tab kept; without one, the
        form of the page in front of them, with what it carries unseen."""
        if form is None:
            return self._submits_to(self.page.request["PATH_INFO"], fields)
        self.page = self._follow(form.sent_by(self.client, **fields))
        return self.page

    def tampers(self, url: str, data: dict) -> HttpResponse:
        """Send the form that ``submits`` would, with fields that no page has, and no button of
        it: what an old page or a hostile hand adds."""
        self.page = self._follow(self._form_to(url).forged_by(self.client, data))
        return self.page

    def forges(self, url: str, data: dict) -> HttpResponse:
        """Post what no page of ours offers, from a browser that has seen our pages."""
        self.page = self._follow(form_of_nothing(url, self.client).forged_by(self.client, data))
        return self.page

    def _submits_to(self, url: str, data: dict) -> HttpResponse:
        self.page = self._follow(self._form_to(url).sent_by(self.client, **data))
        return self.page

    def _form_to(self, url: str) -> Form:
        path = url.partition("?")[0]
        for page in (lambda: self.page, lambda: self.opens(url)):
            shown = page()
            if shown is not None:
                with suppress(NoSuchForm):
                    return form_to(shown, path)
        return form_of_nothing(url, self.client)

    def _follow(self, response: HttpResponse) -> HttpResponse:
        for _ in range(8):
            target = response.get("Location", "")
            elsewhere = urlsplit(target).scheme or urlsplit(target).netloc
            if response.status_code not in (301, 302, 303) or elsewhere:
                return response
            response = self.client.get(target)
        raise AssertionError("the redirects do not end")

    # Journeys

    def signs_up(self, *, way: str = "", **changes) -> HttpResponse:
        """Fill in the whole page and submit it; ``changes`` replace fields."""
        url = reverse("accounts:sign_up")
        self.opens(f"{url}?{urlencode({'next': way})}" if way else url)
        fields = {
            "email": self.email,
            "email2": self.email,
            "password1": self.password,
            "password2": self.password,
            "cgu": "on",
        }
        return self._submits_to(url, fields | solved(self.page) | changes)

    def has_an_account(self, **fields) -> User:
        """An activated account, made without the pages."""
        from django.utils import timezone

        fields = {"activated_at": timezone.now()} | fields
        return User.objects.create_user(self.email, self.password, **fields)

    def signs_in(self, *, way: str = "", **changes) -> HttpResponse:
        """On the sign-in page that is shown, if it leads the same ``way``; else it is opened.

        Who is signed in meets no such page: the form is then that of a page from before.
        """
        url = reverse("accounts:sign_in")
        fields = {"username": self.email, "password": self.password} | changes
        if not self._is_asked_to_sign_in(way, changes):
            self.opens(f"{url}?{urlencode({'next': way})}" if way else url)
        if not self._is_asked_to_sign_in(way, changes):
            return self.forges(url, {"next": way} | fields)
        return self.submits(**fields)

    def _is_asked_to_sign_in(self, way: str, changes: dict) -> bool:
        """A page that shows a test as well is answered as a whole, or opened anew."""
        for form in forms_of(self.page) if self.page is not None else []:
            if {"username", "password"} <= form.names:
                is_whole = ("captcha_jeton" in changes) == ("captcha_jeton" in form.names)
                return form.fields.get("next", [""]) == [way] and is_whole
        return False

    def signs_out(self) -> HttpResponse:
        """The button at the top of every page."""
        self.opens(reverse("accounts:sign_out"))
        return self.sends(form_to(self.page, reverse("accounts:sign_out")))

    def is_signed_in(self) -> bool:
        """Whether their own space opens."""
        space = resolve_url(settings.LOGIN_REDIRECT_URL)
        return self.opens(space).request["PATH_INFO"] == space

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
    """What the forms of a page send untouched."""
    return {name: values[0] for form in forms_of(page) for name, values in form.fields.items()}


def solved(page: HttpResponse) -> dict[str, object]:
    """The fields of the captcha of a page, with the right pictures chosen."""
    fields = {k: v for k, v in hidden_fields(page).items() if k.startswith("captcha")}
    token = fields.get("captcha_jeton", "")
    if not token:
        return fields
    test = captcha.Challenge(captcha.Facts(**captcha._TOKEN.open(token)))
    return fields | {"captcha_choix": sorted(test.right_values)}

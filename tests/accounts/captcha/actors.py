"""A visitor with a browser, in front of the page of tests.accounts.captcha.site."""

from html.parser import HTMLParser

from django.test import Client

from accounts.captcha import challenge as tests


class _Form(HTMLParser):
    """What a browser would send back of a page, and the pictures and sounds it would load."""

    def __init__(self, page: str):
        super().__init__()
        self.fields, self.choices, self.sources, self.buttons = {}, [], [], []
        self.focused = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attrs = dict(attributes)
        if "autofocus" in attrs:
            self.focused = attrs.get("id")
        if tag in ("img", "audio"):
            self.sources.append(attrs["src"])
        if tag == "button" and "name" in attrs:
            self.buttons.append(attrs["name"])
        if tag != "input" or "name" not in attrs:
            return
        if attrs["name"] == "captcha_choix":
            self.choices.append(attrs["value"])
        elif attrs.get("type") != "checkbox":
            self.fields[attrs["name"]] = attrs.get("value") or ""
        elif "checked" in attrs:
            self.fields[attrs["name"]] = attrs.get("value", "on")


class Visitor:
    """Opens the page, reads it, fills it in. Knows the answers, which no page tells."""

    def __init__(self, address: str = "/"):
        self.client = Client()
        self.address = address
        self.opens()

    def opens(self):
        self._reads(self.client.get(self.address))
        return self

    def sends(self, **fields):
        """Post the form as it stands, with these fields; the test is left out unless given."""
        self._reads(self.client.post(self.address, self.form.fields | fields))
        return self.page

    def presses(self, button: str, **fields):
        return self.sends(**fields, **{button: "1"})

    def answers(self, **fields):
        """Post the form with the right answer to the test."""
        return self.sends(**self.right_answer(), **fields)

    def answers_wrongly(self, **fields):
        wrong = [value for value in self.form.choices if value not in self.test.right_values]
        return self.sends(captcha_choix=wrong[:1], **fields)

    def right_answer(self) -> dict:
        if self.test.facts.kind == tests.Kind.AUDIO:
            return {"captcha_code": self.test.code}
        return {"captcha_choix": sorted(self.test.right_values)}

    @property
    def token(self) -> str:
        return self.form.fields["captcha_jeton"]

    @property
    def test(self) -> tests.Challenge:
        return challenge_of(self.token)

    def _reads(self, response):
        self.response, self.page = response, response.content.decode()
        self.form = _Form(self.page)


def challenge_of(token: str) -> tests.Challenge:
    """The test of a token, whoever it was shown to."""
    return tests.Challenge(tests.Facts(**tests._TOKEN.open(token)))

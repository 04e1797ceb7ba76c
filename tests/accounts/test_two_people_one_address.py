"""All orders of two people's steps on one address.

Moana holds the mailbox. A stranger knows her address, and signs up with it too. An account opens
only to whoever proved the mailbox *and* typed that password: so whoever holds the mailbox ends with
the password that they typed, and nobody else's opens anything.

The steps are drawn by hypothesis: a few sequences by default; many, and the shortest that fails,
under HYPOTHESIS_PROFILE=long.
"""

import os
from dataclasses import dataclass, field, replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import links
from accounts.models import OneTimeLink, Session, User
from ncconnect.mail import NobodyToWriteTo
from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import render
from ncconnect.ratelimit import LIMITS
from tests.actors import EndUser, hidden_fields, link_of
from tests.strict_client import StrictClient

EMAIL = "moana@exemple.nc"
OWN, STRANGERS, LATER = "Tortue Luth 2026", "Celui du voisin 9", "Un lagon tout neuf 3"
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

BROWSERS = strategies.sampled_from(["own", "other"])
PEOPLE = strategies.sampled_from(["moana", "stranger"])


@dataclass
class Person:
    """Somebody with two browsers, and the page where each of them waits for a mail."""

    password: str
    browsers: dict[str, EndUser]
    waiting: dict[str, list] = field(default_factory=lambda: {"own": [], "other": []})

    @classmethod
    def with_password(cls, password: str, network: str) -> "Person":
        def browser() -> EndUser:
            return EndUser(StrictClient(REMOTE_ADDR=network), EMAIL, password)

        return cls(password, {"own": browser(), "other": browser()})

    def signs_up(self, name: str) -> None:
        self.browsers[name].signs_up()
        self.keeps(name)

    def signs_in(self, name: str) -> None:
        self.browsers[name].signs_in()
        self.keeps(name)

    def keeps(self, name: str) -> None:
        """The page stays open in a tab."""
        page = self.browsers[name].page
        if "essai" in hidden_fields(page):
            self.waiting[name].append(page)

    def sends_again(self, name: str, tab: int) -> None:
        if tabs := self.waiting[name]:
            self.browsers[name].page = tabs[tab % len(tabs)]
            self.browsers[name].sends()


class TwoPeople(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.left: dict = {}  # mails, by the keys of their rows
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.moana = Person.with_password(OWN, "192.0.2.1")
        self.stranger = Person.with_password(STRANGERS, "203.0.113.9")

    def teardown(self):
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def of(self, who: str) -> Person:
        return getattr(self, who)

    @rule(who=PEOPLE, name=BROWSERS)
    def signs_up(self, who, name):
        self.of(who).signs_up(name)

    @rule(who=PEOPLE, name=BROWSERS, tab=strategies.integers(0, 3))
    def sends_the_mail_again(self, who, name, tab):
        self.of(who).sends_again(name, tab)

    @rule(who=PEOPLE, name=BROWSERS)
    def signs_in(self, who, name):
        self.of(who).signs_in(name)

    @rule(name=BROWSERS)
    def asks_for_a_new_password(self, name):
        self.moana.browsers[name].submits("/mot-de-passe-oublie/", {"email": EMAIL})

    @precondition(lambda self: self.mailbox())
    @rule(name=BROWSERS, number=strategies.integers(0, 9), answers=strategies.booleans())
    def opens_a_mail(self, name, number, answers):
        """Any of her mails, in any of her browsers; where a password is asked, she types hers."""
        mails = self.mailbox()
        browser = self.moana.browsers[name]
        browser.opens(mails[number % len(mails)])
        shown = browser.page.content.decode()
        if answers and 'name="password1"' in shown:
            browser.password = self.moana.password = LATER
            agreed = {"cgu": "on"} if 'name="cgu"' in shown else {}  # asked once
            browser.sends(password1=LATER, password2=LATER, **agreed)
        elif answers and 'name="password"' in shown and "lien" in hidden_fields(browser.page):
            browser.sends(password=self.moana.password)

    def mailbox(self) -> list[str]:
        """The links in hers alone, newest first; each mail as it was when it left."""
        names = ("activation", "password_reset")
        for row in Outbox.objects.filter(to=EMAIL, name__in=names).exclude(pk__in=self.left):
            try:
                self.left[row.pk] = link_of(render(row))
            except NobodyToWriteTo:
                self.left[row.pk] = ""
        newest = Outbox.objects.filter(pk__in=self.left).order_by("-created_at")
        return [link for row in newest if (link := self.left[row.pk])]

    @invariant()
    def nobody_else_s_password_opens_anything(self):
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            return
        assert not user.check_password(STRANGERS)
        assert not user.is_activated or user.check_password(OWN) or user.check_password(LATER)
        for browser in self.stranger.browsers.values():
            assert "session" not in browser.client.cookies
        if not user.is_activated:
            assert not Session.objects.exists()

    @invariant()
    def whoever_holds_the_mailbox_gets_in(self):
        """Whatever the stranger did: her newest attempt, or a new password, opens the account."""
        user = User.objects.filter(email=EMAIL).first()
        if user is None or user.is_activated:
            return
        mine = self.moana.browsers
        signed_up = [name for name in mine if mine[name].client.cookies.get("inscription")]
        if signed_up:
            attempts = links.alive().filter(user=user, purpose=OneTimeLink.Purpose.ACTIVATION)
            hashes = {link.password for link in attempts}
            assert any(replace_password(user, encoded).check_password(OWN) for encoded in hashes)


def replace_password(user: User, encoded: str) -> User:
    """The account as it would be with this password, in memory only."""
    return User(pk=user.pk, email=user.email, password=encoded)


@pytest.fixture
def _nothing_is_limited(monkeypatch, settings):
    """Every step is taken: limits are tested elsewhere."""
    settings.CAPTCHA_BACKEND = "none"
    for name, limit in LIMITS.items():
        monkeypatch.setitem(LIMITS, name, replace(limit, number=10_000))


@pytest.mark.django_db
@pytest.mark.usefixtures("_nothing_is_limited")
def test_whoever_holds_the_mailbox_ends_with_the_password_that_they_typed():
    run_state_machine_as_test(
        TwoPeople,
        settings=settings(
            max_examples=400 if LONG else 12,
            stateful_step_count=20 if LONG else 12,
            phases=[*Phase] if LONG else [Phase.explicit, Phase.reuse, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("_nothing_is_limited")
class TestAsItWasFound:
    @pytest.fixture
    def people(self):
        return Person.with_password(OWN, "192.0.2.1"), Person.with_password(
            STRANGERS, "203.0.113.9"
        )

    def test_the_newest_mail_after_a_sign_in_is_not_hers(self, people):
        """The stranger signs up, she does, the stranger has the mail sent again, she signs in."""
        moana, stranger = people
        stranger.signs_up("own")
        moana.signs_up("own")
        stranger.sends_again("own", 0)
        moana.signs_in("own")
        browser = moana.browsers["own"]
        assert "Veuillez activer votre compte" in browser.page.content.decode()
        newest = browser.mails("activation")[0]
        page = browser.opens(link_of(newest)).content.decode()
        assert "répond à une autre inscription" in page
        assert not User.objects.get().is_activated
        moana.sends_again("own", -1)
        browser.opens(link_of(browser.mails("activation")[0]))
        assert User.objects.get().check_password(OWN)
        assert not User.objects.get().check_password(STRANGERS)

    def test_the_stranger_s_sign_in_neither_learns_nor_ends_her_attempt(self, people):
        moana, stranger = people
        moana.signs_up("own")
        stranger.signs_up("own")
        stranger.signs_in("own")
        stranger.sends_again("own", -1)
        stranger.signs_up("own")
        assert "ne fonctionne plus" not in stranger.browsers["own"].page.content.decode()
        hers = moana.browsers["own"].mails("activation")[-1]
        moana.browsers["own"].opens(link_of(hers))
        assert User.objects.get().check_password(OWN)

    def test_she_signs_in_where_she_signed_up_whoever_came_after(self, people):
        moana, stranger = people
        moana.signs_up("own")
        stranger.signs_up("own")
        moana.signs_in("own")
        assert "Veuillez activer votre compte" in moana.browsers["own"].page.content.decode()

    def test_a_sign_up_changes_nothing_of_an_account_that_an_operator_made(self, people):
        _, stranger = people
        User.objects.create_user(EMAIL, OWN)
        stranger.signs_up("own")
        assert User.objects.get().check_password(OWN)
        assert "incorrect" in stranger.browsers["other"].signs_in().content.decode()

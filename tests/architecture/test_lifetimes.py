"""No text has a lifetime of its own: each reads the setting that decides it, on pages and mails."""

import re
from datetime import timedelta
from pathlib import Path

import polib
import pytest
from django.conf import settings as configured
from django.urls import reverse
from django.utils import timezone

from accounts import links
from accounts.models import OneTimeLink, User
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import EndUser

BASE_DIR = Path(__file__).resolve().parents[2]
CATALOGUE = BASE_DIR / "locale" / "en" / "LC_MESSAGES" / "django.po"
NUMBER = (
    r"(?:\d+|une?|deux|trois|quatre|cinq|six|dix|quinze|vingt|trente|one|an?|two|three|ten|thirty)"
)
UNIT = r"(?:secondes?|minutes?|heures?|jours?|semaines?|mois|ans?|seconds|hours?|days?|months?)"
BY_HAND = re.compile(rf"\b{NUMBER}[ \u00a0\u202f\n]+{UNIT}\b", re.IGNORECASE)
# What no setting of ours decides.
NOT_OURS = {
    "dix minutes": "how long a developer takes",
    "ten minutes": "the same, in English",
    "deux ans": "what an access token of v2 lived",
    "deux minutes": "how long a sign-up takes",
    "un jour": "some day",
    "un mois": "the law's time to answer (GDPR, article 12)",
    "une minute": "the leeway of a partner's own clock",
    "one minute": "the same, in English",
}
PAGES = sorted((BASE_DIR / "templates").rglob("*.html")) + sorted(
    (BASE_DIR / "templates").rglob("*.txt")
)


def by_hand(text: str) -> list[str]:
    found = (" ".join(match.split()) for match in BY_HAND.findall(text))
    return [words for words in found if words.lower() not in NOT_OURS]


def test_no_template_tells_a_lifetime_by_hand():
    assert {
        page.name: found for page in PAGES if (found := by_hand(page.read_text(encoding="utf-8")))
    } == {}


def test_no_text_of_the_code_tells_one_either():
    texts = [entry.msgid for entry in polib.pofile(str(CATALOGUE))]
    assert [text for text in texts if by_hand(text)] == []


@pytest.mark.parametrize("text", ["valable 24 heures", "depuis une heure", "45\u00a0minutes"])
def test_the_rule_sees_what_it_is_for(text):
    assert by_hand(text)


# --- The documents tell numbers, beside the setting that they are of

TOLD = re.compile(r"(\d+) (min|hours?|h|days?)(?: \(| \| )`settings\.([A-Z_]+)`")
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def told_by_documents() -> list[tuple[str, str, timedelta]]:
    return [
        (page.name, setting, int(number) * UNITS[unit if unit == "min" else unit[0]])
        for page in sorted((BASE_DIR / "docs").rglob("*.md"))
        for number, unit, setting in TOLD.findall(page.read_text(encoding="utf-8"))
    ]


def test_a_document_says_what_the_setting_says():
    told = told_by_documents()
    assert {(page, setting) for page, setting, _ in told} >= {
        ("captcha.md", "INVITATION_TIME"),
        ("interface.md", "INVITATION_TIME"),
        ("protocol.md", "AUTHORIZATION_REQUEST_TIME"),
    }
    assert [each for each in told if each[2] != getattr(configured, each[1])] == []


# --- Another setting, other words

SEVEN = timedelta(minutes=7)


def text(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("page", "setting"),
    [
        ("help", "ACTIVATION_LINK_TIME"),
        ("help", "UNACTIVATED_ACCOUNT_TIME"),
        ("contact", "INVITATION_TIME"),
        *(
            ("privacy", setting)
            for setting in (
                *("UNACTIVATED_ACCOUNT_TIME", "ATTEMPT_TIME", "KNOWN_DEVICE_TIME"),
                *("LINK_COOKIE_TIME", "SESSION_IDLE_TIME", "SESSION_ABSOLUTE_TIME", "AUDIT_TIME"),
                *("MAIL_KEPT_TIME", "FAILED_MAIL_KEPT_TIME", "LANGUAGE_COOKIE_AGE"),
            )
        ),
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_that_explains_says_what_the_setting_says(client, settings, page, setting, language):
    client.cookies[configured.LANGUAGE_COOKIE_NAME] = language
    assert "7 minutes" not in text(client.get(reverse(page)))
    whole_seconds = isinstance(getattr(settings, setting), int)
    setattr(settings, setting, int(SEVEN.total_seconds()) if whole_seconds else SEVEN)
    assert "7 minutes" in text(client.get(reverse(page)))


@pytest.mark.django_db
class TestOnTheWay:
    """The pages and mails of an account."""

    def expired(self, purpose, lifetime) -> str:
        user = User.objects.create_user("hina@exemple.nc", "Soleil2024")
        link = links.issue(user=user, purpose=purpose, lifetime=-lifetime)
        return links.token(link)

    def test_the_mail_of_an_activation_and_its_page(self, end_user, settings):
        settings.ACTIVATION_LINK_TIME = SEVEN
        end_user.signs_up()
        assert "Le lien est valable 7 minutes." in end_user.mails("activation")[0].html
        token = self.expired(OneTimeLink.Purpose.ACTIVATION, SEVEN)
        page = end_user.opens(reverse("accounts:activation", args=[token]))
        assert "est valable 7 minutes" in text(page)

    def test_the_mail_of_a_reset_and_its_pages(self, end_user, settings):
        settings.PASSWORD_RESET_LINK_TIME = SEVEN
        end_user.has_an_account()
        end_user.opens(reverse("accounts:password_forgotten"))
        page = end_user.submits(email=end_user.email)
        assert "Le lien est valable 7 minutes." in text(page)
        mail = end_user.mails("password_reset")[0]
        assert "Le lien est valable 7 minutes." in mail.html
        assert timezone.now() < OneTimeLink.objects.get().expires_at < timezone.now() + SEVEN
        token = self.expired(OneTimeLink.Purpose.PASSWORD_RESET, SEVEN)
        page = end_user.opens(reverse("accounts:password_reset", args=[token]))
        assert "est valable 7 minutes" in text(page)

    def test_the_mail_in_english(self, end_user, settings):
        settings.PASSWORD_RESET_LINK_TIME = SEVEN
        end_user.has_an_account()
        end_user.opens(reverse("accounts:password_forgotten") + "?lang=en")
        end_user.submits(email=end_user.email)
        assert Outbox.objects.get().language == "en"
        assert "The link is valid for 7 minutes." in end_user.mails("password_reset")[0].html

    def test_who_asked_too_often_is_told_how_long_a_link_works(
        self, end_user: EndUser, settings, monkeypatch
    ):
        monkeypatch.setitem(LIMITS, "reset_mail", Limit(0, 3600, "mailbox and place", ""))
        settings.PASSWORD_RESET_LINK_TIME = SEVEN
        end_user.opens(reverse("accounts:password_forgotten"))
        page = end_user.submits(email=end_user.email)
        assert page.status_code == 429
        assert "il y a moins de 7 minutes" in text(page)

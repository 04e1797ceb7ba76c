"""The test as one form sees it: what the visitor sent, what the page shows next.

``Captcha.from_request`` in the view, ``CaptchaFormMixin`` (accounts.captcha.forms) in the form.
"""

import secrets
import time
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.captcha import challenge as tests
from accounts.captcha import pace, recaptcha, rendering
from accounts.captcha.challenge import Challenge, Kind
from accounts.captcha.visitor import visitor
from ncconnect import metrics, text
from ncconnect.sealed import Seal, Unreadable

MAX_CODE = 40  # characters that are read of it: digits, and what people write between them
FASTEST = 3  # seconds: nobody fills in a form in less, but a password manager may come near

# Names of the form's fields and buttons.
TOKEN, CHOICES, CODE, OPENED = "captcha_jeton", "captcha_choix", "captcha_code", "captcha_debut"
OTHER, AUDIO, IMAGES = "captcha_autre", "captcha_audio", "captcha_images"
GOOGLE, GOOGLE_AGREED, GOOGLE_RESPONSE = (
    "captcha_google",
    "captcha_google_accord",
    "g-recaptcha-response",
)
HONEYPOT = "site_web"
CHANGES = (OTHER, AUDIO, IMAGES, GOOGLE)

# A form may lie open for days: how long is what it tells.
_OPENED = Seal("accounts.captcha.opened", version=1, age=None)


@dataclass(frozen=True)
class Picture:
    """One box to tick: its number in the page, its value, and the slot of its address."""

    number: int
    value: str


class Captcha:
    """One visitor's test during one request. Nothing is drawn or read before it is needed."""

    def __init__(self, *, visitor: str, data: QueryDict, language: str = "fr", network: str = ""):
        self.visitor = visitor
        self.data = data
        self.language = language
        self.network = network
        self.error = ""
        self.notice = ""
        self._google_is_down = False

    @classmethod
    def from_request(cls, request: HttpRequest) -> "Captcha":
        """The test of this request's visitor and posted form."""
        return cls(
            visitor=visitor(request),
            data=request.POST,
            language=get_language() or "fr",
            network=request.client_network,
        )

    # What the visitor wants

    @cached_property
    def wants_change(self) -> bool:
        """Whether one of the test's own buttons was pressed: the form is shown again, unjudged."""
        return any(name in self.data for name in CHANGES)

    @staticmethod
    def was_shown_in(data: QueryDict) -> bool:
        """Whether a posted form carries a test."""
        return TOKEN in data

    @property
    def is_robot(self) -> bool:
        """Whether the field that people do not see was filled in: the view pretends success."""
        return bool(self.data.get(HONEYPOT, ""))

    @cached_property
    def fill_time(self) -> float | None:
        """Seconds since the form was first shown; None when it does not say so credibly."""
        try:
            opened = _OPENED.open(self.data.get(OPENED, ""))
        except Unreadable:
            return None
        return max(0.0, time.time() - opened)

    @property
    def too_fast(self) -> bool:
        """A soft sign of a robot: the form came back in less than FASTEST, or without its time."""
        return self.fill_time is None or self.fill_time < FASTEST

    # Judging

    def check(self) -> str:
        """Judge what was sent, once: "" when the test is passed, else the error to show.

        Called by the form's validation. Sets the test that the page shows next.
        """
        if not self.shown.is_passed:
            self.error = self._judge()
        return self.error

    def redeem(self, use: str = "") -> bool:
        """Spend the passed test on ``use``, which it opens. False: spent already."""
        if settings.CAPTCHA_BACKEND == "none":
            return True
        token = self.posted.token if self.posted else ""
        spent = tests.redeem(token=token, visitor=self.visitor, use=use)
        # Spent now or before, it is of no use to a form that would be shown again.
        self.posted = None
        self.__dict__.pop("shown", None)
        self.error = "" if spent else self.expired_error
        return spent

    def was_redeemed(self, use: str) -> bool:
        """Whether what is sent is a repeat: its test was spent on the very same thing."""
        token = self.data.get(TOKEN, "")
        return tests.was_redeemed(token=token, visitor=self.visitor, use=use)

    def receipt(self, use: str) -> UUID:
        """The same for a form and its repeat; random where no test is asked."""
        token = self.data.get(TOKEN) or secrets.token_hex(16)
        return tests.receipt(token=token, use=use)

    @property
    def expired_error(self) -> str:
        """Said of a test that is too old, spent or unknown."""
        return _("Ce test a expiré. Voici un nouveau test.")

    def _judge(self) -> str:
        if self.posted is None or not self.posted.is_open:
            return self.expired_error if self._answered else self._missing_error()
        if self._answered:
            return self._judge_answer()
        if self.shows_google and self.data.get(GOOGLE_RESPONSE):
            return self._judge_google()
        return self._missing_error()

    def _judge_answer(self) -> str:
        here = {"visitor": self.visitor, "network": self.network}
        if seconds := pace.answer(**here):
            return _wait_error(seconds)
        answered = tests.verify(challenge=self.posted, values=self._values, code=self._code)
        if answered is None:
            pace.failed(**here)
            return self._failed()
        pace.passed(**here)
        _measure(self.posted, "passed_later" if self.posted.facts.failures else "passed_at_once")
        if answered.facts.left > 1:
            self.shown = tests.next_in_a_row(answered)
            self._count(self.shown)
            return _("C’est juste. Faites encore ce test.")
        self.posted = self.shown = answered
        return ""

    def _failed(self) -> str:
        _measure(self.posted, "failed")
        self.shown = self._counted(tests.after_failure(self.posted))
        if self.is_audio:
            return _("Ce code ne correspond pas. Voici un nouveau test.")
        return _("Les images choisies ne correspondent pas. Voici un nouveau test.")

    def _missing_error(self) -> str:
        if self.shown.facts.kind == Kind.AUDIO:
            return _("Écoutez le code et saisissez ses 6 chiffres.")
        return _("Choisissez la ou les images qui correspondent au mot.")

    def _judge_google(self) -> str:
        verdict = recaptcha.verify(self.data[GOOGLE_RESPONSE])
        granted = verdict is recaptcha.Verdict.PASSED and tests.grant(challenge=self.posted)
        if granted:
            self.posted = self.shown = granted
            return ""
        if verdict is recaptcha.Verdict.UNAVAILABLE:
            self._google_is_down = True
            return _("Le test de Google ne répond pas. Choisissez les images ci-dessous.")
        return _("Le test de Google n’est pas réussi. Recommencez, ou choisissez les images.")

    # The test that is shown

    @cached_property
    def posted(self) -> Challenge | None:
        """The test that the visitor sends back, if it is one of theirs and not expired."""
        return tests.find(token=self.data.get(TOKEN, ""), visitor=self.visitor)

    @cached_property
    def shown(self) -> Challenge:
        """The test of the page to come: the one sent back while it is of use, else a new one."""
        posted = self.posted
        if posted and posted.is_passed:
            return posted
        if self.wants_change and GOOGLE not in self.data:
            return self._changed()
        return posted if posted and posted.is_open else self._new_test()

    def _changed(self) -> Challenge:
        kind = Kind.AUDIO if AUDIO in self.data else Kind.IMAGES if IMAGES in self.data else None
        if not (self.posted and self.posted.is_open):
            return self._new_test(kind=kind or Kind.IMAGES)
        if kind == self.posted.facts.kind:
            return self.posted
        try:
            return self._counted(tests.another(challenge=self.posted, kind=kind))
        except tests.TooManyRenewals:
            self.notice = _(
                "Vous ne pouvez plus changer de test. "
                "Répondez à celui-ci ou contactez l’assistance."
            )
            return self.posted

    def _new_test(self, kind: Kind = Kind.IMAGES) -> Challenge:
        return self._counted(tests.first(visitor=self.visitor, kind=kind))

    def _counted(self, challenge: Challenge) -> Challenge:
        """A test as it may be shown here: every one counts, whatever it is shown for."""
        if challenge.facts.kind == Kind.AUDIO and (seconds := pace.sound(self.network)):
            self.notice = _(
                "Trop de codes ont été écoutés depuis votre réseau. Choisissez les images, "
                "ou redemandez un code dans %(minutes)d minutes."
            ) % {"minutes": ceil(seconds / 60)}
            challenge = tests.as_images(challenge)
        return tests.asking(challenge, more=self._count(challenge))

    def _count(self, challenge: Challenge) -> bool:
        """Count a test that is shown; whether this network has been shown many."""
        _measure(challenge, "shown")
        return not pace.shown(self.network)

    # What the page needs

    @property
    def is_audio(self) -> bool:
        """Whether the page plays digits rather than showing pictures."""
        return self.shown.facts.kind == Kind.AUDIO

    @property
    def word(self) -> str:
        """What to look for, in the visitor's language."""
        return self.shown.concept.word(self.language)

    @property
    def pictures(self) -> list[Picture]:
        """The boxes to tick."""
        return [Picture(number, slot.value) for number, slot in enumerate(self.shown.slots, 1)]

    @property
    def is_large(self) -> bool:
        """Whether the pictures are larger than those shown first."""
        return self.shown.facts.level > 0

    @property
    def sheet_side(self) -> int:
        """Pixels of the sheet that holds all nine."""
        return rendering.COLUMNS * rendering.LAWS[self.shown.facts.level].side

    @property
    def opened(self) -> str:
        """The sealed time at which the form was first shown, kept from page to page."""
        if self.fill_time is not None:
            return self.data[OPENED]
        return _OPENED.close(round(time.time(), 1))

    @property
    def offers_google(self) -> bool:
        """Whether Google's test may be asked for. It is never loaded before."""
        return settings.CAPTCHA_BACKEND == "recaptcha" and not self.shows_google

    @property
    def shows_google(self) -> bool:
        """Whether the visitor asked for Google's test, which is the consent to load it."""
        asked = GOOGLE in self.data or GOOGLE_AGREED in self.data
        return settings.CAPTCHA_BACKEND == "recaptcha" and asked and not self._google_is_down

    @property
    def google_key(self) -> str:
        """Google's public key for this site."""
        return settings.RECAPTCHA_PUBLIC_KEY

    def allow_in_csp(self, response):
        """Let Google's script and frame in this response only, when they are in its page."""
        if self.shows_google and not self.shown.is_passed:
            response._csp_update = recaptcha.CSP
        return response

    # What was sent

    @property
    def _values(self) -> list[str]:
        return self.data.getlist(CHOICES)

    @property
    def _code(self) -> str:
        return text.code(self.data.get(CODE, "")[:MAX_CODE])

    @property
    def _answered(self) -> bool:
        return bool(self._values or self._code)


def _wait_error(seconds: int) -> str:
    if seconds < 60:
        return _("Trop d’essais. Attendez %(n)d secondes, puis répondez.") % {"n": seconds}
    minutes = ceil(seconds / 60)
    return _("Trop d’essais. Attendez %(n)d minutes, puis répondez.") % {"n": minutes}


def _measure(challenge: Challenge, outcome: str) -> None:
    """By hour, in the metrics: what people do, and what a machine that passes too well does."""
    renewals = str(challenge.facts.renewals) if challenge.facts.renewals < 3 else "3+"
    metrics.CAPTCHA.labels(challenge.facts.kind, outcome, renewals).inc()

"""Show, verify and redeem tests. Plain functions: no request, no page.

A test that is shown is nowhere but in its page: all that it is follows from a seed of 128 bits,
which the page's form carries sealed (ncconnect.sealed), with the browser it was shown to. The
address of its pictures carries the same under another seal, so that it is worth no answer. A row is
written by an answer alone: right or wrong, there is one for each test.
"""

import contextlib
import enum
import functools
import hashlib
import hmac
import itertools
import random
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.captcha import catalogue, grounds
from accounts.captcha.catalogue import Concept, Drawing
from accounts.captcha.models import CaptchaAnswer
from accounts.captcha.randomness import generator
from accounts.captcha.rendering import PLAINEST
from ncconnect import rows
from ncconnect.sealed import Seal, Unreadable

LIFETIME = timedelta(minutes=20)
IMAGES = 9
MOST_RIGHT = 4
CODE_LENGTH = 6
MOST_RENEWALS = 10

# Every set of one to four places among nine: 9 + 36 + 84 + 126 = 255. One of them is the answer,
# drawn uniformly: a blind guess succeeds once in 255 (0.39 %).
ANSWERS = tuple(
    frozenset(places)
    for size in range(1, MOST_RIGHT + 1)
    for places in itertools.combinations(range(IMAGES), size)
)

# A passed test lives LIFETIME more: its row says until when.
_TOKEN = Seal("accounts.captcha.token", version=1, age=2 * LIFETIME)
_ADDRESS = Seal("accounts.captcha.address", version=1, age=LIFETIME)


class Kind(enum.StrEnum):
    IMAGES = "images"
    AUDIO = "audio"


class TooManyRenewals(Exception):
    """The visitor has asked for MOST_RENEWALS other tests already."""


@dataclass(frozen=True)
class Facts:
    """All that a test is: what its token says. ``visitor``: see accounts.captcha.visitor."""

    visitor: str
    seed: str = field(default_factory=lambda: secrets.token_hex(16))
    at: int = field(default_factory=lambda: int(timezone.now().timestamp()))
    kind: str = Kind.IMAGES
    level: int = 0  # of accounts.captcha.rendering.LAWS: each other test asked for is plainer
    renewals: int = 0  # how many tests it replaced at the visitor's request
    failures: int = 0  # how many wrong answers came before it
    left: int = 1  # how many tests in a row are to be passed, this one included


@dataclass(frozen=True)
class Slot:
    """One picture of a test: the random value that names it, and what it shows."""

    value: str
    drawing: Drawing


@dataclass(frozen=True)
class Challenge:
    """A test as its page knows it. ``answer``: its row, once there is one."""

    facts: Facts
    answer: CaptchaAnswer | None = None

    @functools.cached_property
    def token(self) -> str:
        """What the page's form carries."""
        return _TOKEN.close(asdict(self.facts))

    @functools.cached_property
    def address(self) -> str:
        """What the addresses of its pictures and of its sound carry."""
        return _ADDRESS.close(asdict(self.facts))

    @property
    def is_open(self) -> bool:
        """Whether an answer can still be given."""
        return self.answer is None

    @property
    def is_passed(self) -> bool:
        """Whether a right answer was given, to the last of those in a row, and not spent yet."""
        right = self.answer and self.answer.passed_at and not self.answer.redeemed_at
        return bool(right) and self.facts.left == 1

    @functools.cached_property
    def _draw(self) -> tuple[Concept, frozenset[int], tuple[Drawing, ...]]:
        return _draw(generator(self.seed("draw")))

    @property
    def concept(self) -> Concept:
        """What the right pictures show."""
        return self._draw[0]

    @functools.cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The nine pictures, in the order of the page."""
        values = generator(self.seed("values")).sample(range(16**6), IMAGES)
        return tuple(
            Slot(f"{value:06x}", drawing)
            for value, drawing in zip(values, self._draw[2], strict=True)
        )

    @property
    def right_values(self) -> frozenset[str]:
        """The values of the right pictures."""
        return frozenset(self.slots[place].value for place in self._draw[1])

    @functools.cached_property
    def code(self) -> str:
        """The digits of the sound."""
        rng = generator(self.seed("code"))
        return "".join(str(rng.randrange(10)) for _digit in range(CODE_LENGTH))

    @property
    def ground(self) -> bytes:
        """The seed of the ground that its pictures stand on, which the next tests share."""
        number = generator(self.seed("ground")).randrange(grounds.NUMBER)
        message = f"captcha ground|{self.facts.at // 3600}|{number}".encode()
        return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")

    def accepts(self, *, values: list[str], code: str) -> bool:
        """Whether this is the right answer: exactly the right pictures, or the code."""
        if self.facts.kind == Kind.AUDIO:
            return hmac.compare_digest(_digits(code), self.code)
        return len(values) <= IMAGES and frozenset(values) == self.right_values

    def seed(self, purpose: str) -> bytes:
        """What this part of the test is drawn from: it tells nothing of the other parts."""
        return hashlib.sha256(f"captcha {purpose}|{self.facts.seed}".encode()).digest()

    @property
    def _digest(self) -> bytes:
        return self.seed("answer")


def first(*, visitor: str, kind: str = Kind.IMAGES) -> Challenge:
    """A new test for this visitor, valid for LIFETIME. Nothing is written."""
    return Challenge(Facts(visitor=visitor, kind=kind))


def find(*, token: str, visitor: str) -> Challenge | None:
    """The test of this token, if it was shown to this visitor and has not expired."""
    challenge = _opened(_TOKEN, token, visitor)
    if challenge is None:
        return None
    answer = CaptchaAnswer.objects.filter(pk=challenge._digest).first()
    now = timezone.now()
    ends_at = answer.expires_at if answer else _end(challenge)
    return Challenge(challenge.facts, answer) if ends_at > now else None


def find_by_address(*, address: str, visitor: str) -> Challenge | None:
    """The open test whose pictures have this address, if it was shown to this visitor."""
    challenge = _opened(_ADDRESS, address, visitor)
    if challenge is None or _end(challenge) <= timezone.now():
        return None
    answered = CaptchaAnswer.objects.filter(pk=challenge._digest).exists()
    return None if answered else challenge


def another(*, challenge: Challenge, kind: str | None = None) -> Challenge:
    """A new test in the place of this one: of the same kind, plainer; of another, as at first.

    Raises TooManyRenewals beyond MOST_RENEWALS.
    """
    former = challenge.facts
    if former.renewals >= MOST_RENEWALS:
        raise TooManyRenewals
    plainer = min(former.level + 1, PLAINEST) if kind in (None, former.kind) else 0
    return _fresh(
        challenge, kind=kind or former.kind, level=plainer, renewals=former.renewals + 1, left=1
    )


def after_failure(challenge: Challenge) -> Challenge:
    """The test that follows a wrong answer, of the same kind and as plain."""
    return _fresh(challenge, failures=challenge.facts.failures + 1, left=1)


def next_in_a_row(challenge: Challenge) -> Challenge:
    """The test that follows a right answer, when more than one is asked."""
    return _fresh(challenge, left=challenge.facts.left - 1)


def as_images(challenge: Challenge) -> Challenge:
    """Pictures in the place of a sound."""
    return _fresh(challenge, kind=Kind.IMAGES, level=0)


def asking(challenge: Challenge, *, more: bool) -> Challenge:
    """The same test as the first of a row: the plainest pictures ask for one more, so that a
    machine gains nothing by them, and so does ``more``."""
    count = 1 + more + (challenge.facts.level == PLAINEST)
    return Challenge(replace(challenge.facts, left=count))


def _fresh(challenge: Challenge, **changes) -> Challenge:
    """Another test for the same visitor, which takes after this one."""
    new = Facts(visitor=challenge.facts.visitor)
    return Challenge(replace(challenge.facts, seed=new.seed, at=new.at, **changes))


def verify(*, challenge: Challenge, values: list[str] = (), code: str = "") -> Challenge | None:
    """The test with its answer, when this is the first answer to it and the right one.

    Right or wrong, the answer's row is the only one that the test will ever have. A right one stays
    passed, for LIFETIME from now, until it is redeemed.
    """
    right = challenge.accepts(values=list(values), code=code)
    answered = _settle(challenge, passed=right)
    return answered if right else None


def grant(*, challenge: Challenge) -> Challenge | None:
    """Pass an unanswered test by another proof. None if it was answered meanwhile."""
    return _settle(Challenge(replace(challenge.facts, left=1)), passed=True)


def redeem(*, token: str, visitor: str, use: str = "") -> bool:
    """Spend a passed test. True once: every other call, at the same instant or later, is False.

    ``use`` names what it is spent on (see ``receipt``).
    """
    challenge = _opened(_TOKEN, token, visitor)
    if challenge is None or challenge.facts.left > 1:
        return False
    now = timezone.now()
    passed = CaptchaAnswer.objects.filter(
        pk=challenge._digest, passed_at__isnull=False, redeemed_at=None, expires_at__gt=now
    )
    return passed.update(redeemed_at=now, redeemed_for=receipt(token=token, use=use).hex) == 1


def was_redeemed(*, token: str, visitor: str, use: str) -> bool:
    """Whether this visitor spent this test on this very thing."""
    challenge = _opened(_TOKEN, token, visitor)
    mark = receipt(token=token, use=use).hex
    return challenge is not None and (
        CaptchaAnswer.objects.filter(
            pk=challenge._digest, redeemed_at__isnull=False, redeemed_for=mark
        ).exists()
    )


def receipt(*, token: str, use: str) -> UUID:
    """What a test spent on ``use`` is known by: always the same, and no stranger can guess it."""
    with contextlib.suppress(Unreadable):
        token = _TOKEN.open(token)["seed"]  # the same test, whenever its token was sealed
    message = f"captcha receipt|{token}|{use}".encode()
    return UUID(bytes=hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")[:16])


def _opened(seal: Seal, text: str, visitor: str) -> Challenge | None:
    try:
        facts = Facts(**seal.open(text))
    except Unreadable:
        return None
    return Challenge(facts) if hmac.compare_digest(facts.visitor, visitor) else None


def _end(challenge: Challenge) -> datetime:
    return datetime.fromtimestamp(challenge.facts.at, UTC) + LIFETIME


def _settle(challenge: Challenge, *, passed: bool) -> Challenge | None:
    """Write the answer's row, whatever other requests try at the same instant: one of them does."""
    now = timezone.now()
    if _end(challenge) <= now:
        return None
    answer = CaptchaAnswer(
        digest=challenge._digest,
        passed_at=now if passed else None,
        expires_at=now + LIFETIME if passed else _end(challenge),
    )
    if not rows.insert(answer, unless_taken=True):
        return None
    return Challenge(challenge.facts, answer)


def _draw(rng: random.Random) -> tuple[Concept, frozenset[int], tuple[Drawing, ...]]:
    """What to ask, the places of the right pictures, and the nine drawings."""
    every = catalogue.concepts()
    number = rng.randrange(len(every))
    target, answer = every[number], rng.choice(ANSWERS)
    right = iter(_different_drawings(target, len(answer), rng))
    wrong = iter(
        Drawing(concept.slug, rng.choice(concept.sets))
        for concept in _wrong(number, IMAGES - len(answer), rng)
    )
    drawings = tuple(next(right) if place in answer else next(wrong) for place in range(IMAGES))
    return target, answer, drawings


def _wrong(number: int, count: int, rng: random.Random) -> list[Concept]:
    """Things that a machine takes for the one asked for, and that a person does not."""
    every = catalogue.concepts()
    return [every[n] for n in rng.sample(catalogue.lookalikes()[number], count)]


def _different_drawings(concept: Concept, count: int, rng: random.Random) -> list[Drawing]:
    """Different drawings of a concept; some come twice when there are fewer than asked."""
    sets = rng.sample(concept.sets, min(count, len(concept.sets)))
    sets += rng.choices(concept.sets, k=count - len(sets))
    return [Drawing(concept.slug, name) for name in sets]


def _digits(code: str) -> str:
    """The ASCII digits of what was typed, without the spaces and signs people put between."""
    kept = re.sub(r"[\s.\-]", "", code[:64])
    return kept if kept.isascii() and kept.isdigit() else ""

"""Issue, verify and redeem tests. Plain functions: no request, no page.

A token of 128 bits stands in the page's form. Its digest, the *address*, stands in the addresses
of the pictures; the digest of the address is the key of the row. Word, pictures, order and digits
are derived from the address and the row's salt: neither the table nor the browser holds the
answer, and nothing has to be written when a picture is drawn.
"""

import functools
import hashlib
import hmac
import itertools
import random
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.captcha import catalogue
from accounts.captcha.catalogue import Concept, Drawing
from accounts.captcha.models import CaptchaChallenge
from accounts.captcha.randomness import generator
from accounts.captcha.rendering import MAX_LEVEL

Kind = CaptchaChallenge.Kind

LIFETIME = timedelta(minutes=20)
IMAGES = 9
MOST_RIGHT = 3
CODE_LENGTH = 6
MOST_RENEWALS = 10

# Every set of one to three places among nine: 9 + 36 + 84 = 129. One of them is the answer, drawn
# uniformly: a blind guess succeeds once in 129 (0.78 %).
ANSWERS = tuple(
    frozenset(places)
    for size in range(1, MOST_RIGHT + 1)
    for places in itertools.combinations(range(IMAGES), size)
)
_HEX_128_BITS = re.compile(r"[0-9a-f]{32}")


class TooManyRenewals(Exception):
    """The visitor has asked for MOST_RENEWALS other tests already."""


@dataclass(frozen=True)
class Slot:
    """One picture of a test: the random value that names it, and what it shows."""

    value: str
    drawing: Drawing
    seed: bytes


@dataclass(frozen=True)
class Challenge:
    """A test as its page knows it. ``token`` is empty when only the address was known."""

    row: CaptchaChallenge
    address: str
    token: str = ""

    @property
    def is_open(self) -> bool:
        """Whether an answer can still be given."""
        return self.row.consumed_at is None

    @property
    def is_passed(self) -> bool:
        """Whether a right answer was given, and not spent yet."""
        return self.row.passed_at is not None and self.row.redeemed_at is None

    @functools.cached_property
    def _draw(self) -> tuple[Concept, frozenset[int], tuple[Drawing, ...]]:
        return _draw(generator(self._secret("draw")))

    @property
    def concept(self) -> Concept:
        """What the right pictures show."""
        return self._draw[0]

    @functools.cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The nine pictures, in the order of the page."""
        values = generator(self._secret("values")).sample(range(16**6), IMAGES)
        return tuple(
            Slot(f"{value:06x}", drawing, self._secret(f"picture {value:06x}"))
            for value, drawing in zip(values, self._draw[2], strict=True)
        )

    @property
    def right_values(self) -> frozenset[str]:
        """The values of the right pictures."""
        return frozenset(self.slots[place].value for place in self._draw[1])

    @functools.cached_property
    def code(self) -> str:
        """The digits of the sound."""
        rng = generator(self._secret("code"))
        return "".join(str(rng.randrange(10)) for _digit in range(CODE_LENGTH))

    @property
    def sound_seed(self) -> bytes:
        """What the sound's variations are drawn from."""
        return self._secret("sound")

    def accepts(self, *, values: list[str], code: str) -> bool:
        """Whether this is the right answer: exactly the right pictures, or the code."""
        if self.row.kind == Kind.AUDIO:
            return hmac.compare_digest(_digits(code), self.code)
        return len(values) <= IMAGES and frozenset(values) == self.right_values

    def _secret(self, purpose: str) -> bytes:
        message = f"{purpose}|{self.address}".encode()
        return hmac.digest(bytes.fromhex(self.row.salt), message, "sha256")


def issue(
    *, visitor: str, kind: str = Kind.IMAGES, level: int = MAX_LEVEL, renewals: int = 0
) -> Challenge:
    """A new test for this visitor (see accounts.captcha.visitor), valid for LIFETIME."""
    token = secrets.token_hex(16)
    address = _address(token)
    now = timezone.now()
    row = CaptchaChallenge.objects.create(
        digest=_digest(address),
        salt=secrets.token_hex(16),
        visitor=visitor,
        kind=kind,
        level=level,
        renewals=renewals,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    return Challenge(row, address, token)


def find(*, token: str, visitor: str) -> Challenge | None:
    """The test of this token, if it was shown to this visitor and has not expired."""
    if not _HEX_128_BITS.fullmatch(token):
        return None
    challenge = find_by_address(address=_address(token), visitor=visitor)
    return challenge and Challenge(challenge.row, challenge.address, token)


def find_by_address(*, address: str, visitor: str) -> Challenge | None:
    """The test whose pictures have this address, if shown to this visitor and not expired."""
    row = CaptchaChallenge.objects.filter(
        digest=_digest(address), visitor=visitor, expires_at__gt=timezone.now()
    ).first()
    return row and Challenge(row, address)


def another(*, challenge: Challenge, kind: str | None = None) -> Challenge:
    """A new test in the place of this one, which can no longer be answered.

    Of the same kind, it is one level plainer; of another kind, as plain as this one.
    Raises TooManyRenewals, and leaves the test as it is, beyond MOST_RENEWALS.
    """
    row = challenge.row
    if row.renewals >= MOST_RENEWALS:
        raise TooManyRenewals
    _unanswered(challenge).update(consumed_at=timezone.now())
    kind = kind or row.kind
    level = max(0, row.level - 1) if kind == row.kind else row.level
    return issue(visitor=row.visitor, kind=kind, level=level, renewals=row.renewals + 1)


def verify(*, challenge: Challenge, values: list[str] = (), code: str = "") -> bool:
    """Whether the answer is right, for the first answer to a test; False for any later one.

    Right or wrong, the test is consumed by one conditional update. A right one stays passed, for
    LIFETIME from now, until it is redeemed.
    """
    right = challenge.accepts(values=list(values), code=code)
    return _consume(challenge, passed=right) and right


def grant(*, challenge: Challenge) -> bool:
    """Mark an unanswered test as passed by another proof. False if it was answered meanwhile."""
    return _consume(challenge, passed=True)


def redeem(*, token: str, visitor: str, use: str = "") -> bool:
    """Spend a passed test. True once: every other call, at the same instant or later, is False.

    ``use`` names what it is spent on (see ``receipt``).
    """
    now = timezone.now()
    passed = Q(passed_at__isnull=False, redeemed_at=None, expires_at__gt=now)
    spent = _row(token, visitor).filter(passed)
    return spent.update(redeemed_at=now, redeemed_for=receipt(token=token, use=use).hex) == 1


def was_redeemed(*, token: str, visitor: str, use: str) -> bool:
    """Whether this visitor spent this test on this very thing."""
    mark = receipt(token=token, use=use).hex
    return _row(token, visitor).filter(redeemed_at__isnull=False, redeemed_for=mark).exists()


def receipt(*, token: str, use: str) -> UUID:
    """What a test spent on ``use`` is known by: always the same, and no stranger can guess it."""
    message = f"captcha receipt|{token}|{use}".encode()
    return UUID(bytes=hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")[:16])


def _draw(rng: random.Random) -> tuple[Concept, frozenset[int], tuple[Drawing, ...]]:
    """What to ask, the places of the right pictures, and the nine drawings."""
    every = catalogue.concepts()
    target = rng.choice(every)
    answer = rng.choice(ANSWERS)
    others = [concept for concept in every if concept.category != target.category]
    right = iter(_different_drawings(target, len(answer), rng))
    wrong = iter(
        Drawing(concept.slug, rng.choice(concept.sets))
        for concept in rng.sample(others, IMAGES - len(answer))
    )
    drawings = tuple(next(right) if place in answer else next(wrong) for place in range(IMAGES))
    return target, answer, drawings


def _different_drawings(concept: Concept, count: int, rng: random.Random) -> list[Drawing]:
    """Different drawings of a concept; one comes twice when there are fewer than asked."""
    sets = rng.sample(concept.sets, min(count, len(concept.sets)))
    sets += rng.choices(concept.sets, k=count - len(sets))
    return [Drawing(concept.slug, name) for name in sets]


def _consume(challenge: Challenge, *, passed: bool) -> bool:
    """Close a test, whatever other requests try at the same instant: True for one of them."""
    now = timezone.now()
    change = {"consumed_at": now}
    if passed:
        change |= {"passed_at": now, "expires_at": now + LIFETIME}
    if _unanswered(challenge).filter(expires_at__gt=now).update(**change) != 1:
        return False
    for name, value in change.items():
        setattr(challenge.row, name, value)
    return True


def _unanswered(challenge: Challenge):
    return CaptchaChallenge.objects.filter(pk=challenge.row.pk, consumed_at=None)


def _row(token: str, visitor: str):
    """The row of a token, if it was shown to this visitor; none for what is no token."""
    if not _HEX_128_BITS.fullmatch(token):
        return CaptchaChallenge.objects.none()
    return CaptchaChallenge.objects.filter(digest=_digest(_address(token)), visitor=visitor)


def _address(token: str) -> str:
    return hashlib.sha256(f"captcha address|{token}".encode()).hexdigest()[:32]


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _digits(code: str) -> str:
    """The ASCII digits of what was typed, without the spaces and signs people put between."""
    kept = re.sub(r"[\s.\-]", "", code[:64])
    return kept if kept.isascii() and kept.isdigit() else ""

"""Client secrets: 256 random bits, kept as one salted digest, compared in constant time.

A password hasher has no place here: the secret cannot be guessed, and the token endpoint must not
spend half a second on each wrong one.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from oidc_provider.models import RelyingParty, RelyingPartySecret
from oidc_provider.partners import relying_parties

MAX_LIVE = 2  # so that a partner can put the new one in place before the old one ends
LAST_USE_STEP = timedelta(
    hours=1
)  # how exactly the last use is known; a write each time is too much
# Some clients send Basic credentials as they are, without encoding them: no letter that needs it.
FORM = re.compile(r"[A-Za-z0-9._~-]{32,255}")


def generate() -> str:
    return secrets.token_urlsafe(32)


def store(relying_party: RelyingParty, secret: str) -> RelyingPartySecret:
    """Keep a secret beside the one in use: of those that were there, the last used stays.

    One that nobody has used was lost on its way, most likely, and is asked for again. The rows are
    held: of two who ask at once, the second sees what the first made.
    """
    with transaction.atomic():
        RelyingParty.objects.select_for_update().get(pk=relying_party.pk)
        there = RelyingPartySecret.objects.select_for_update().filter(relying_party=relying_party)
        in_use = models.F("last_used_at").desc(nulls_last=True)
        for ended in there.order_by(in_use, "-created_at", "-pk")[MAX_LIVE - 1 :]:
            ended.delete()
        salt = secrets.token_hex(16)
        return RelyingPartySecret.objects.create(
            relying_party=relying_party, salt=salt, digest=_digest(salt, secret)
        )


def find(relying_party: RelyingParty, candidates: list[str]) -> RelyingPartySecret | None:
    """The live secret that one of these strings is; None when none is."""
    for live in relying_party.live_secrets:
        for candidate in candidates:
            if hmac.compare_digest(live.digest, _digest(live.salt, candidate)):
                return live
    return None


def note_use(relying_party: RelyingParty, secret: RelyingPartySecret) -> None:
    """Write down the use, so that the operator sees which of two secrets is still needed."""
    now = timezone.now()
    if secret.last_used_at is None or now - secret.last_used_at > LAST_USE_STEP:
        RelyingPartySecret.objects.filter(pk=secret.pk).update(last_used_at=now)
        relying_parties.forget(relying_party.client_id)


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(f"{salt}${secret}".encode(errors="surrogatepass")).hexdigest()

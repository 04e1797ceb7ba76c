"""What userinfo told of a person is written down when it goes: what a partner received cannot be
reckoned backwards, from agreements and registrations that have changed since.

Once a grant, and again when other claims go than last time; a call that tells the same costs no
statement of its own.
"""

import hashlib
from collections.abc import Collection
from uuid import UUID

from ncconnect import audit, rows
from oidc_provider.models import Grant

# Of two calls at once, one writes: that the other finds it written is asked under the row's lock.
NOTE = """
UPDATE oidc_provider_grant SET released = %s
WHERE id = %s AND (released IS NULL OR released <> %s)
"""


def note(grant_id: UUID, last: bytes | None, *, names: Collection[str], user, partner: str) -> None:
    """These claims go now. ``last``: what the grant keeps of those that went before."""
    released = _digest(names)
    if not names or last == released:
        return
    digest, key = rows.value(Grant, "released", released), rows.value(Grant, "id", grant_id)
    told = {"user": user, "partner": partner, "claims": sorted(names)}
    audit.record_after("claims_released", NOTE, [digest, key, digest], **told)


def _digest(names: Collection[str]) -> bytes:
    """Of which they are, not of what they say."""
    return hashlib.sha256(" ".join(sorted(names)).encode()).digest()[:8]

"""What an authorization gave.

A Grant is the root of everything that one authorization gave: its code, the access tokens, the
family of refresh tokens. Revoking it is one update; so is redeeming its code, and rotating its
refresh token. The other three are the engine's (settings, OAUTH2_PROVIDER_*_MODEL), and empty.
"""

from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.models import Session
from ncconnect import handles
from oidc_provider.models.partner import DIGEST_BYTES, RelyingParty
from oidc_provider.models.person import SubjectIdentifier


class Grant(AbstractGrant):
    """One authorization, and the root of all that it gave: the only row that it leaves.

    Its tokens are alive while it is not revoked (grants.bearer); the grants of a session are
    the partners that it has been to. ``expires`` is the end of the code; ``ends_at`` is not earlier
    than the end of the last token that may come of it, nor of the session as it was given in: then
    it is purged, unless its person has signed in anew and the session lasts.
    """

    id = models.UUIDField(primary_key=True, default=handles.new_key, editable=False)
    code = models.BinaryField(max_length=DIGEST_BYTES)  # the digest of its secret
    # What the code is bound to, redirect_uri and code_challenge; emptied when it is redeemed.
    binding = models.BinaryField(max_length=DIGEST_BYTES)
    # Its index costs 0.02 % of a single sign-on, and a partner is suspended at once with it.
    application = models.ForeignKey(RelyingParty, models.CASCADE, related_name="grants")
    subject = models.ForeignKey(SubjectIdentifier, models.CASCADE, related_name="grants")
    # A session ends by deleting its row; what that means for the grant is decided by listeners.
    session = models.ForeignKey(Session, models.DO_NOTHING, related_name="+", db_constraint=False)
    nonce = models.TextField(blank=True, default="")
    claims = models.JSONField(default=dict)
    # The authentication of the session that asked: an id_token tells this one, at each refresh too.
    auth_time = models.DateTimeField()
    acr = models.CharField(max_length=40, blank=True)
    amr = models.CharField(max_length=100, blank=True)
    # True: the tokens outlive the session (scope offline_access).
    offline = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    # The number of the refresh token that is good now; the earlier ones are used up.
    refreshes = models.PositiveIntegerField(default=0)
    # When it took the place of the former one, which is honoured a little longer (redemption).
    rotated_at = models.DateTimeField(null=True)
    expires = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Of the names of the claims that userinfo last told; nothing yet: empty (resources.release).
    released = models.BinaryField(max_length=8, null=True)
    # When its person took the access of this partner back: it tells of no visit any more.
    withdrawn_at = models.DateTimeField(null=True)
    # Access tokens made until then were revoked, and the rest goes on.
    access_revoked_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(db_index=True)

    # Of the engine's grant: the person is the subject's, the rest is in `binding` and `expires`.
    user = redirect_uri = code_challenge = code_challenge_method = None
    created = updated = resource = None

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()


class AccessToken(AbstractAccessToken):
    """The engine asks for this model; no row is written (oidc_provider.grants.bearer).

    So that it has no columns that would have to be kept right: None takes an inherited one away.
    """

    user = application = source_refresh_token = id_token = token = token_checksum = None
    scope = created = updated = resource = None

    class Meta:
        pass


class RefreshToken(AbstractRefreshToken):
    """The engine asks for this model; no row is written (oidc_provider.grants.bearer).

    So that it has no columns that would have to be kept right: None takes an inherited one away.
    """

    user = application = access_token = token = token_checksum = token_family = None
    created = updated = revoked = resource = None

    class Meta:
        pass


class IDToken(AbstractIDToken):
    """The engine asks for this model; no row is written: the signature verifies a token."""

    user = application = scope = created = updated = None

    class Meta:
        pass

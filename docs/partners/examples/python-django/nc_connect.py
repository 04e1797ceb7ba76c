"""What mozilla-django-oidc leaves to the site."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponseRedirect
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView
from requests import RequestException

log = logging.getLogger(__name__)


class NCConnectCallback(OIDCAuthenticationCallbackView):
    def login_failure(self):
        """Somebody who went back meets no alarm; a fault is for the log, with its description."""
        error = self.request.GET.get("error")
        if error == "access_denied":
            return HttpResponseRedirect("/")
        if error:
            log.warning("NC Connect: %r %r", error, self.request.GET.get("error_description"))
        return super().login_failure()


class NCConnectBackend(OIDCAuthenticationBackend):
    def get_token(self, payload):
        """A wrong secret ends the sign-in; the library alone would end the page."""
        try:
            return super().get_token(payload)
        except RequestException as fault:
            log.warning("NC Connect: %s", fault)
            raise PermissionDenied from fault

    def verify_token(self, token, **kwargs):
        """The library checks signature, nonce and exp; iss and aud are ours to check."""
        claims = super().verify_token(token, **kwargs)
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != settings.NC_ISSUER or self.OIDC_RP_CLIENT_ID not in named:
            raise SuspiciousOperation("id_token: iss or aud")
        return claims

    def get_userinfo(self, access_token, id_token, payload):
        """OpenID Connect Core, section 5.3.2: both must be about the same person."""
        person = super().get_userinfo(access_token, id_token, payload)
        if person.get("sub") != payload["sub"]:
            raise SuspiciousOperation("userinfo: sub")
        return person

    # The library looks people up by their address. An address may change: sub is the key.

    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def get_username(self, claims):
        return claims["sub"]

    def update_user(self, user, claims):
        user.email = claims.get("email", "")
        user.save(update_fields=["email"])
        return user


def sign_out_address(request):
    """Where « Se déconnecter » leads: NC Connect signs out too, and sends back here."""
    hint = request.session.get("oidc_id_token", "")
    back = request.build_absolute_uri("/")
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": back})
    return f"{settings.NC_ISSUER}/oidc/end-session?{query}"

"""A Django site that signs people in with python-social-auth, as its documentation has it."""

import os

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import include, path, reverse
from django.utils.html import format_html
from django_site import ISSUER, configure, home, serve

configure(
    __name__,
    ["social_django"],
    ["social_django.middleware.SocialAuthExceptionMiddleware"],
    AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=ISSUER,
    SOCIAL_AUTH_OIDC_KEY=os.environ["CLIENT_ID"],
    SOCIAL_AUTH_OIDC_SECRET=os.environ["CLIENT_SECRET"],
    SOCIAL_AUTH_OIDC_USE_PKCE=True,
    SOCIAL_AUTH_LOGIN_ERROR_URL="/",
)


def button(request: HttpRequest) -> HttpResponse:
    """The library begins by POST only."""
    return HttpResponse(
        format_html(
            '<form method="post" action="{}"><button>NC Connect</button>'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}"></form>',
            reverse("social:begin", args=["oidc"]),
            get_token(request),
        )
    )


def renew(request: HttpRequest) -> HttpResponseRedirect:
    from social_django.utils import load_strategy

    request.user.social_auth.get().refresh_token(load_strategy(request))
    return HttpResponseRedirect("/")


urlpatterns = [
    path("", home),
    path("connexion", button),
    path("renouveler", renew),
    path("social/", include("social_django.urls", namespace="social")),
]

if __name__ == "__main__":
    serve()

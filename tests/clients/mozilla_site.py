"""A Django site that signs people in with mozilla-django-oidc, as its documentation has it.

`python mozilla_site.py PORT`, told of the provider by its environment. It shows who is signed in.
"""

import os
import sys
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

ISSUER = os.environ["ISSUER"]


def home(request: HttpRequest) -> JsonResponse:
    """Who is signed in, and whether a form may be sent from here."""
    from django.middleware.csrf import get_token

    email = request.user.email if request.user.is_authenticated else None
    return JsonResponse({"email": email, "csrf": get_token(request)})


def an_hour_passes(request: HttpRequest) -> JsonResponse:
    """The id_token has expired: the next page asks the provider again (SessionRefresh)."""
    request.session["oidc_id_token_expiration"] = 0
    return JsonResponse({})


def logout_address(request: HttpRequest) -> str:
    """Where OIDC_OP_LOGOUT_URL_METHOD sends the person."""
    from urllib.parse import urlencode

    query = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": os.environ["HOME_ADDRESS"],
    }
    return f"{ISSUER}/oidc/end-session?{urlencode(query)}"


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="not-a-secret",
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oidc/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oidc/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oidc/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/oidc/jwks",
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.logout_address",
    OIDC_STORE_ID_TOKEN=True,
    OIDC_USE_PKCE=True,
)

# After the settings: the library's own addresses depend on them.
urlpatterns = [
    path("", home),
    path("heure/", an_hour_passes),
    path("oidc/", include("mozilla_django_oidc.urls")),
]

if __name__ == "__main__":
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()

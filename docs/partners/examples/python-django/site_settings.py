"""The settings that matter here, and as few of the others as a site can do with."""

import os

NC_ISSUER = os.environ["NC_ISSUER"]
OIDC_RP_CLIENT_ID = os.environ["NC_CLIENT_ID"]
OIDC_RP_CLIENT_SECRET = os.environ["NC_CLIENT_SECRET"]
OIDC_RP_SCOPES = "openid email"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True
OIDC_TOKEN_USE_BASIC_AUTH = True
OIDC_STORE_ID_TOKEN = True  # for the sign-out
OIDC_TIMEOUT = 5
# The addresses of NC_ISSUER/.well-known/openid-configuration: the library does not read it.
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{NC_ISSUER}/oidc/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{NC_ISSUER}/oidc/token"
OIDC_OP_USER_ENDPOINT = f"{NC_ISSUER}/oidc/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{NC_ISSUER}/oidc/jwks"
OIDC_OP_LOGOUT_URL_METHOD = "nc_connect.sign_out_address"
OIDC_CALLBACK_CLASS = "nc_connect.NCConnectCallback"
AUTHENTICATION_BACKENDS = ["nc_connect.NCConnectBackend"]

LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
LOGIN_REDIRECT_URL_FAILURE = "/?probleme=connexion"
SECRET_KEY = os.environ["SITE_SECRET_KEY"]
ALLOWED_HOSTS = ["localhost"]
SESSION_COOKIE_NAME = "exemple_django"
CSRF_COOKIE_NAME = "exemple_django_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = NC_ISSUER.startswith("https://")
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "mozilla_django_oidc",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASE = os.environ.get("SITE_DATABASE", "exemple.sqlite3")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

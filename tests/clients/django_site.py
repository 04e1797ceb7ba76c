"""What the sites in Django have in common: settings, a home that tells who is signed in, a server.

Their scripts run with the libraries of requirements/clients.lock, and know nothing of ours.
"""

import os
import sys
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse

ISSUER = os.environ["ISSUER"]


def configure(urls: str, apps: list[str], middleware: list[str], **more) -> None:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="not-a-secret",
        ROOT_URLCONF=urls,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            *apps,
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *middleware,
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        LOGIN_REDIRECT_URL="/",
        LOGGING={
            "version": 1,
            "handlers": {"all": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["all"], "level": "INFO"},
        },
        **more,
    )
    django.setup()  # the libraries' own addresses depend on it


def home(request: HttpRequest) -> JsonResponse:
    from django.contrib.messages import get_messages

    email = request.user.email if request.user.is_authenticated else None
    return JsonResponse({"email": email, "messages": [str(m) for m in get_messages(request)]})


def serve() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()

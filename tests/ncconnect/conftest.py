"""A mail of our own to try the outbox with, and mail servers that misbehave."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist

from ncconnect import mail
from tests.ncconnect.installation import Installation
from tests.ncconnect.smtp_sink import Sink

TOKEN = "x" * 60


@pytest.fixture
def trial_mail(settings, monkeypatch) -> str:
    """The name of a mail that exists for these tests; its context may say that it has no object."""

    def render(context: dict, to: str) -> dict:
        if context.get("gone"):
            raise ObjectDoesNotExist
        return {"token": TOKEN}

    monkeypatch.setitem(mail.RENDERERS, "trial", render)
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates
    return "trial"


@pytest.fixture
def outbox_row(trial_mail, db):
    """Makes a waiting mail: outbox_row(attempts=3)."""

    def make(**fields):
        return apps.get_model("mail.Outbox").objects.create(
            **{"name": trial_mail, "to": "moana@exemple.nc", "language": "fr"} | fields
        )

    return make


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    """A mail server that obeys; sink.mode = … makes it misbehave. Django sends through it."""
    with Sink() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        settings.EMAIL_TIMEOUT = 1
        yield server


@pytest.fixture
def installation(tmp_path) -> Iterator[Installation]:
    """A whole site in a directory of its own, for what has to run in processes of its own."""
    with Installation(tmp_path) as site:
        yield site

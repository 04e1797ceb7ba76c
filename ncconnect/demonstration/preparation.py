"""What has to be there before the demonstration starts. Everything here can run again."""

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO, Any

from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from ncconnect.config import BASE_DIR
from ncconnect.demonstration import catalogues

ACCOUNTS_FILE = Path(__file__).with_name("accounts.json")
PARTNER_METADATA = BASE_DIR / "examples" / "impots_nc" / "client.json"
PARTNER_LOGO = BASE_DIR / "examples/impots_nc/static/logo.svg"
PARTNER_CLIENT_ID = "impots-nc"
PARTNER_BASE_URL_IN_METADATA = "http://localhost:8001"


@dataclass(frozen=True)
class Account:
    """A demonstration account, with its password: known to all, and of no use elsewhere.

    ``claims`` is who the person is, by OpenID names; ``about`` says it in a word.
    """

    email: str
    password: str
    about: str
    claims: dict[str, Any]


def accounts() -> list[Account]:
    """The demonstration accounts, all activated."""
    return [Account(**entry) for entry in json.loads(ACCOUNTS_FILE.read_text())]


def lock(data_dir: Path) -> IO:
    """Hold ``data_dir`` for this demonstration, until the returned file is closed.

    Raises CommandError when another demonstration holds it.
    """
    file = (data_dir / "demonstration.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise CommandError(
            f"A demonstration already runs on {data_dir}. Stop it, or give this one another "
            "place and other ports: make run DATA_DIR=var2 PORT=8100 DEMO_PORT=8101"
        ) from None
    return file


def require_free_ports(bind: str, ports: dict[str, int]) -> None:
    """Raise CommandError, in one sentence, when a port is taken or asked for twice."""
    for variable, port in ports.items():
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((bind, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} of {bind} cannot be used ({error.strerror}). "
                    f"Choose another: make run {variable}={port + 100}"
                ) from None
    if len(set(ports.values())) < len(ports):
        raise CommandError(" and ".join(ports) + " must differ.")


def prepare() -> None:
    """Translations, tables, static files and accounts. Raises CommandError when it cannot be."""
    catalogues.compile_all()
    _require_broker()
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise CommandError(f"The database ({connection.vendor}) cannot be used: {error}") from None
    call_command("collectstatic", interactive=False, verbosity=0)
    for account in accounts():
        _create(account)


def _require_broker() -> None:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (BrokerError, *broker.connection_errors) as error:
        raise CommandError(f"REDIS_URL: the server does not answer: {error}") from None


def _create(account: Account) -> None:
    """By the operator's own command, in a process of its own since it reads standard input."""
    if get_user_model().objects.filter(email=account.email).exists():
        return
    command = [sys.executable, "manage.py", "create_account", "--email", account.email]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(account.claims, file)
        file.flush()
        result = subprocess.run(
            [*command, "--password-stdin", "--claims", file.name],
            input=account.password,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        raise CommandError(f"{account.email} could not be created: {result.stderr.strip()}")


def register_partner(base_url: str) -> str:
    """Register the demonstration partner at ``base_url``, as any partner; returns its secret."""
    secret = kept_secret(settings.DATA_DIR / "impots_nc_client_secret")
    metadata = PARTNER_METADATA.read_text().replace(PARTNER_BASE_URL_IN_METADATA, base_url)
    entries = json.loads(metadata) | {"client_id": PARTNER_CLIENT_ID, "client_secret": secret}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # readable by its owner only
        json.dump(entries, file)
        file.flush()
        call_command("register_relying_party", file.name, stdout=StringIO())
    call_command("set_partner_logo", PARTNER_CLIENT_ID, str(PARTNER_LOGO))
    return secret


def kept_secret(file: Path) -> str:
    """A secret drawn once, kept in ``file``, which its owner alone can read."""
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(32))
    return file.read_text()

"""The configuration, read once from the environment.

One table, ``VARIABLES``: name, reader, default and one sentence each. ``load`` reads them all and
reports every fault in one message. No other file reads ``os.environ``.
"""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LEAST_SECRET_KEY = 50  # characters
LEAST_DIFFERENT = 10  # of them: random ones have more, even hexadecimal
# Google's own, published: every answer passes. (developers.google.com/recaptcha/docs/faq)
RECAPTCHA_TEST_KEYS = frozenset(
    {
        "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
        "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    }
)


class ConfigurationError(Exception):
    """Every fault of the environment, one a line."""


class Fault(ValueError):
    """One variable is missing or malformed; the text says what is expected."""


# --- Readers: a string from the environment becomes a value, or a Fault that says what is expected


def text(value: str) -> str:
    return value


def boolean(value: str) -> bool:
    try:
        return {"1": True, "true": True, "on": True, "yes": True}.get(value.lower()) or {
            "": False,
            "0": False,
            "false": False,
            "off": False,
            "no": False,
        }[value.lower()]
    except KeyError:
        raise Fault("expected 1 or 0") from None


def integer(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise Fault("expected a whole number") from None
        if not minimum <= number <= maximum:
            raise Fault(f"expected a number from {minimum} to {maximum}")
        return number

    return read


def choice(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise Fault("expected one of " + ", ".join(choices))
        return value

    return read


def words(value: str) -> tuple[str, ...]:
    """Words separated by commas or spaces."""
    return tuple(value.replace(",", " ").split())


def path(value: str) -> Path:
    return (BASE_DIR / value).resolve()


def url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018  (raises ValueError when the port is not a number)
        except ValueError:
            raise Fault("expected an address") from None
        if parts.scheme not in schemes or (not parts.netloc and parts.scheme != "sqlite"):
            expected = " or ".join(f"{scheme}://" for scheme in schemes)
            raise Fault(f"expected an address that starts with {expected}")
        return value

    return read


def issuer(value: str) -> str:
    """An OpenID issuer: no query, no fragment, no trailing slash (Discovery, section 3)."""
    parts = urlsplit(url("https", "http")(value))
    if parts.query or parts.fragment or parts.username:
        raise Fault("expected an address without query, fragment or user name")
    return value.rstrip("/")


def networks(value: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in words(value))
    except ValueError:
        raise Fault("expected addresses or networks, such as 10.0.0.0/8 or 127.0.0.1") from None


@dataclass(frozen=True)
class Smtp:
    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


def smtp(value: str) -> Smtp:
    """The parts of ``smtp://user:password@host:port?tls=…``, where tls is off, on or starttls.

    Raises Fault.
    """
    parts = urlsplit(url("smtp")(value))
    tls = choice("off", "on", "starttls")(dict(parse_qsl(parts.query)).get("tls", "off"))
    return Smtp(
        host=parts.hostname or "localhost",
        port=parts.port or {"on": 465, "starttls": 587}.get(tls, 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=tls == "starttls",
        tls=tls == "on",
    )


def email_url(value: str) -> str:
    if value:
        smtp(value)
    return value


@dataclass(frozen=True)
class Variable:
    """One environment variable. ``default`` is a string as the environment would give it."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str


VARIABLES = (
    Variable("DEMO_MODE", boolean, "0", "Demonstration data and mailbox; http is allowed."),
    Variable("BIND", text, "127.0.0.1", "Address that the web server listens on."),
    Variable("PORT", integer(1, 65535), "8000", "Port that the web server listens on."),
    Variable("DEMO_PORT", integer(1, 65535), "8001", "Port of the demonstration partner."),
    Variable(
        "ISSUER", issuer, "http://127.0.0.1:{PORT}", "Public URL of the provider; may carry a path."
    ),
    Variable(
        "ALLOWED_HOSTS", words, "", "Further host names that may be asked, besides the issuer's."
    ),
    Variable("DATA_DIR", path, "var", "Where the embedded default keeps its state."),
    Variable(
        "STATIC_ROOT", path, "{DATA_DIR}/static", "Where collectstatic puts the static files."
    ),
    Variable(
        "DATABASE_URL",
        url("postgres", "postgresql", "sqlite"),
        "sqlite:///{DATA_DIR}/ncconnect.sqlite3",
        "PostgreSQL or SQLite.",
    ),
    Variable(
        "DATABASE_POOLER",
        choice("session", "transaction"),
        "session",
        "transaction: a pooler is between, which lends a connection for each transaction.",
    ),
    Variable(
        "REDIS_URL", text, "", "Cache and Celery broker; without it, an embedded broker and cache."
    ),
    Variable("SECRET_KEY", text, "", "Django's secret key; generated in demonstration mode only."),
    Variable("SECRET_KEY_FALLBACKS", words, "", "Former secret keys, still accepted."),
    Variable(
        "EMAIL_URL",
        email_url,
        "",
        "smtp://user:password@host:port?tls=starttls, or tls=on or tls=off.",
    ),
    Variable(
        "EMAIL_FROM", text, "NC Connect <ne-pas-repondre@connect.gouv.nc>", "Sender of the mails."
    ),
    Variable(
        "SUPPORT_EMAIL", text, "connect@gouv.nc", "Address of the help desk, shown to people."
    ),
    Variable(
        "SECURITY_EMAIL",
        text,
        "",
        "Whom to tell of a fault of security, in security.txt; the help desk when it is empty.",
    ),
    Variable("CAPTCHA_BACKEND", choice("images", "recaptcha", "none"), "images", "Which captcha."),
    Variable("RECAPTCHA_PUBLIC_KEY", text, "", "Google's site key, for the recaptcha backend."),
    Variable("RECAPTCHA_PRIVATE_KEY", text, "", "Google's secret key, for the recaptcha backend."),
    Variable("TRUSTED_PROXIES", networks, "", "Whose forwarded headers are believed."),
    Variable(
        "OUTBOUND_NETWORKS",
        networks,
        "",
        "Networks, beside the public Internet, that partners' servers may be in.",
    ),
    Variable("METRICS_ALLOW", networks, "127.0.0.0/8 ::1/128", "Who may read /metrics."),
    Variable("PASSWORD_HASH_MEMORY", integer(8, 1048576), "19456", "argon2id memory, KiB."),
    Variable("PASSWORD_HASH_TIME", integer(1, 20), "2", "argon2id iterations."),
    Variable("PASSWORD_HASH_PARALLELISM", integer(1, 16), "1", "argon2id lanes."),
    Variable(
        "PASSWORD_HASH_CONCURRENCY",
        integer(1, 256),
        "2",
        "Password hashes computed at once by one web process; the others wait in line.",
    ),
    Variable(
        "PASSWORD_HASH_PATIENCE",
        integer(1, 25),
        "5",
        "Seconds that one waits for its turn at most; then 503.",
    ),
    Variable("PASSWORD_MIN_LENGTH", integer(8, 64), "8", "Shortest password accepted."),
    Variable("SIGNUP_DOUBLE_ENTRY", boolean, "1", "Ask the address and the password twice."),
    Variable("WEB_WORKERS", integer(1, 64), "2", "Web server processes."),
    Variable(
        "WEB_THREADS",
        integer(1, 64),
        "8",
        "Requests that one web process serves at once; the others wait.",
    ),
    Variable(
        "LOG_LEVEL",
        choice("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "Least level that is logged.",
    ),
)


@dataclass(frozen=True)
class Config:
    """What the environment said, by the variables' names in lower case."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name.upper()]
        except KeyError:
            raise AttributeError(name) from None


def load(environ: Mapping[str, str]) -> Config:
    """Read every variable of ``VARIABLES``.

    Raises ConfigurationError with all the faults at once.
    """
    values: dict[str, Any] = {}
    faults = []
    for variable in VARIABLES:
        given = environ.get(variable.name, "").strip()
        try:
            values[variable.name] = variable.read(given or variable.default.format_map(values))
        except Fault as fault:
            faults.append(f"{variable.name}: {fault}")
        except KeyError:
            pass  # its default needs a variable that is reported already
    faults += _incoherences(values)
    if faults:
        lines = [f"  - {fault}" for fault in faults]
        raise ConfigurationError("\n".join(["The configuration has faults:", *lines]))
    if values["DEMO_MODE"] and not values["SECRET_KEY"]:
        values["SECRET_KEY"] = _generated_secret_key(values["DATA_DIR"])
    return Config(values)


def _incoherences(values: dict[str, Any]) -> Iterator[str]:
    """Values that are well-formed one by one and cannot stand together.

    A variable that is not among them is reported already.
    """
    if not values.get("DEMO_MODE", True):
        yield from _missing_in_production(values)
    elif values.get("DEMO_MODE") and _is_public(values.get("ISSUER", "")):
        yield "DEMO_MODE: everybody's mails can be read in it; not with a public https:// issuer"
    if _scheme(values.get("REDIS_URL", "")) not in ("", "redis", "rediss", "unix"):
        yield "REDIS_URL: expected an address that starts with redis:// or rediss://"
    if values.get("CAPTCHA_BACKEND") == "recaptcha":
        for name in ("RECAPTCHA_PUBLIC_KEY", "RECAPTCHA_PRIVATE_KEY"):
            if values.get(name) == "":
                yield f"{name}: missing, and CAPTCHA_BACKEND is recaptcha"


def _missing_in_production(values: dict[str, Any]) -> Iterator[str]:
    if not values["SECRET_KEY"]:
        yield "SECRET_KEY: missing; give it at least 50 random characters"
    elif len(values["SECRET_KEY"]) < LEAST_SECRET_KEY:
        yield "SECRET_KEY: too short; give it at least 50 random characters"
    elif len(set(values["SECRET_KEY"])) < LEAST_DIFFERENT:
        yield "SECRET_KEY: not random; give it at least 50 random characters"
    if _scheme(values.get("ISSUER", "https:")) != "https":
        yield "ISSUER: expected https:// (http is allowed in demonstration mode only)"
    if values.get("EMAIL_URL") == "":
        yield "EMAIL_URL: missing; mails have nowhere to go"
    for name in ("RECAPTCHA_PUBLIC_KEY", "RECAPTCHA_PRIVATE_KEY"):
        if values.get(name) in RECAPTCHA_TEST_KEYS:
            yield f"{name}: Google's test key, which every robot passes"


def _is_public(issuer: str) -> bool:
    parts = urlsplit(issuer)
    return parts.scheme == "https" and parts.hostname not in LOOPBACK_HOSTS


def _scheme(value: str) -> str:
    """The scheme of an address; what stands there when it is none; empty when nothing does."""
    return value and (urlsplit(value).scheme or value)


def _generated_secret_key(data_dir: Path) -> str:
    """The demonstration's own key, made once; two processes that start together agree on it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = data_dir / "secret_key"
    if not file.exists():
        draft = data_dir / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text()


def read() -> Config:
    """The configuration of this process, from its environment."""
    return load(os.environ)


def export(name: str, value: str) -> None:
    """Hand a value to a library that is told by the environment alone."""
    os.environ[name] = value

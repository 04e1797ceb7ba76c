"""The site's configuration, read once from the environment and checked as a whole."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class ConfigurationError(Exception):
    """The environment cannot be used; the text lists every fault, without any value."""


@dataclass(frozen=True)
class Settings:
    """What the site was started with. Secrets stay out of ``repr``."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    base_url: str
    data_dir: Path
    session_secret: bytes = field(repr=False)

    @property
    def issuer_origin(self) -> str:
        """Scheme, host and port of the provider, as a CSP source names it."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The host (and port) under which our cookie lives."""
        return urlsplit(self.base_url).netloc

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def provider_page(self, path: str) -> str:
        """A page of NC Connect for people; they stand at the root, even if ISSUER has a path."""
        return urljoin(self.issuer_origin, path)

    def url(self, path: str) -> str:
        """The absolute address of one of our own pages, letter for letter as registered."""
        return self.base_url + path


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, DATA_DIR and SESSION_SECRET.

    Raises ConfigurationError with the list of all faults.
    """
    faults = [
        f"{name} is missing"
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
        if not environ.get(name)
    ]
    base_url = environ.get("BASE_URL", "http://localhost:8001").rstrip("/")
    issuer = environ.get("ISSUER", "")
    faults += _url_faults("BASE_URL", base_url)
    faults += _url_faults("ISSUER", issuer) if issuer else []
    if faults:
        raise ConfigurationError("; ".join(faults))
    data_dir = Path(environ.get("DATA_DIR", "var"))
    data_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        issuer=issuer,
        client_id=environ["CLIENT_ID"],
        client_secret=environ["CLIENT_SECRET"],
        base_url=base_url,
        data_dir=data_dir,
        session_secret=_session_secret(environ.get("SESSION_SECRET", ""), data_dir),
    )


def _url_faults(name: str, value: str) -> list[str]:
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return [f"{name} is not a URL"]
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        return [f"{name} must be an http(s) URL without query or fragment"]
    if parts.scheme == "http" and host not in LOOPBACK:
        return [f"{name} must use https"]
    return []


def _session_secret(given: str, data_dir: Path) -> bytes:
    """The key of cookies and stored tokens: given, or drawn once and kept in DATA_DIR."""
    if given:
        return given.encode()
    path = data_dir / "impots_nc.secret"
    if not path.exists():
        _create_once(path, secrets.token_urlsafe(48))
    return path.read_bytes()


def _create_once(path: Path, text: str) -> None:
    """Write a file that appears complete or not at all: of two workers one wins, both read it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

"""The command of each container, run for a moment on PostgreSQL and Redis.

Each has the environment that the compose file gives it, and is judged by its own health check.
"""

import os
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.architecture import compose
from tests.architecture.compose import BASE_DIR
from tests.services import free_port

needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")


@pytest.fixture(scope="module")
def services() -> dict:
    return compose.services()


@pytest.fixture
def environment(services, tmp_path, own_servers) -> dict[str, str]:
    """What the compose file gives, with this machine's servers, a free port and our programs."""
    return {key: str(value) for key, value in services["web"]["environment"].items()} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "BIND": "127.0.0.1",
        "PORT": str(free_port()),
        "DATA_DIR": str(tmp_path),
        "STATIC_ROOT": os.environ["STATIC_ROOT"],
        "TRUSTED_PROXIES": "127.0.0.1/32",
        **own_servers,
    }


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path):
    """The command while the block lasts; it has to be alive at the end, and to end when asked."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def migrate(services, environment) -> None:
    subprocess.run(
        services["migrate"]["command"], cwd=BASE_DIR, env=environment, check=True, timeout=120
    )


def answer(url: str, *, host: str | None = None, context=None) -> tuple[int, dict, bytes]:
    """Status, headers and body; redirects are not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments):
            return None

    opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def eventually(condition, what: str, seconds: float = 30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if result := condition():
                return result
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} seconds")


@pytest.mark.slow
def test_web_answers_once_the_tables_are_there(services, environment, tmp_path):
    migrate(services, environment)
    origin = f"http://127.0.0.1:{environment['PORT']}"
    with running(services["web"]["command"], environment, tmp_path / "web.log"):
        eventually(lambda: answer(f"{origin}/sante/vivant")[0] == 200, "web is alive")
        ready = f"{origin}/sante/pret"
        eventually(lambda: answer(ready, host="connect.example")[0] == 200, "web is ready")
        probe = services["web"]["healthcheck"]["test"][1:]
        words = [word.replace(":8000", f":{environment['PORT']}") for word in probe]
        subprocess.run(words, env=environment, check=True, timeout=10)


@pytest.mark.slow
def test_worker_is_healthy_by_its_own_probe(services, environment, tmp_path):
    probe = services["worker"]["healthcheck"]["test"][1:]
    with running(services["worker"]["command"], environment, tmp_path / "worker.log"):

        def pong() -> bool:
            return not subprocess.run(
                probe, cwd=BASE_DIR, env=environment, capture_output=True, check=False, timeout=30
            ).returncode

        eventually(pong, "the worker answers a ping")


@pytest.mark.slow
def test_beat_is_healthy_by_its_own_probe(services, environment, tmp_path):
    probe = services["beat"]["healthcheck"]["test"][1].replace("/state", shlex.quote(str(tmp_path)))
    with running(services["beat"]["command"], environment, tmp_path / "beat.log"):

        def scheduled() -> bool:
            return not subprocess.run(["sh", "-c", probe], check=False).returncode

        eventually(scheduled, "beat keeps its schedule")


class Proxy:
    """docs/Caddyfile as it is, but for its ports and a certificate of its own making."""

    def __init__(self, place: Path, web_port: str):
        self.http, self.https = free_port(), free_port()
        self.origin = f"https://localhost:{self.https}"
        self.command = ["caddy", "run", "--adapter=caddyfile", f"--config={place}/Caddyfile"]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "XDG_DATA_HOME": f"{place}/data",
            "SITE_HOST": "localhost",
            "WEB_ADDRESS": f"127.0.0.1:{web_port}",
            "ERROR_PAGES": str(BASE_DIR / "static"),
        }
        ports = f"http_port {self.http}\n\thttps_port {self.https}"
        text = (BASE_DIR / "docs" / "Caddyfile").read_text()
        changed = f"{{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\t{ports}\n\tservers {{"
        (place / "Caddyfile").write_text(text.replace("{\n\tservers {", changed, 1))

    def get(self, path: str) -> tuple[int, dict, bytes]:
        return answer(self.origin + path, context=ssl._create_unverified_context())

    def home(self, status: int):
        """The home page once it has this status; to be asked again until then."""
        found = self.get("/")
        return found if found[0] == status else None


@pytest.fixture
def proxy(environment, tmp_path):
    proxy = Proxy(tmp_path, environment["PORT"])
    environment["ISSUER"] = proxy.origin
    with running(proxy.command, proxy.environment, tmp_path / "caddy.log"):
        yield proxy


@needs_caddy
@pytest.mark.slow
def test_the_proxy_has_a_page_of_its_own_while_the_site_is_down(proxy):
    _, headers, page = eventually(lambda: proxy.home(503), "the proxy's own page")
    assert headers["Retry-After"] == "60"
    assert "Server" not in headers
    assert "NC Connect ne répond pas" in page.decode()


@needs_caddy
@pytest.mark.slow
def test_the_proxy_serves_the_site_over_tls_and_hides_what_is_private(
    services, environment, proxy, tmp_path
):
    migrate(services, environment)
    with running(services["web"]["command"], environment, tmp_path / "web.log"):
        _, headers, _ = eventually(lambda: proxy.home(200), "the home page through the proxy")
        assert "max-age=63072000" in headers["Strict-Transport-Security"]
        assert "Server" not in headers
        for private in ("/metrics", "/sante/vivant", "/sante/pret", "/demo/boite-mail/"):
            assert proxy.get(private)[0] == 404
        status, headers, _ = answer(f"http://localhost:{proxy.http}/connexion/")
        assert status == 308
        assert urlsplit(headers["Location"]).scheme == "https"

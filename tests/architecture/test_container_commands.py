"""The command of each container, run for a moment on PostgreSQL and Redis.

Each has the environment that the compose file gives it, and is judged by its own health check.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


def _caddy_version() -> tuple[int, ...]:
    said = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said)[:3])


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
        text = text.replace("{\n\tservers {", changed, 1)
        if _caddy_version() < (2, 6, 3):  # Debian 12's has the same under its former name
            text = text.replace("request_buffers 128KB", "buffer_requests")
        (place / "Caddyfile").write_text(text)

    def get(self, path: str) -> tuple[int, dict, bytes]:
        return answer(self.origin + path, context=ssl._create_unverified_context())

    def connection(self) -> ssl.SSLSocket:
        """A connection to it on which anything can be sent."""
        plain = socket.create_connection(("localhost", self.https), timeout=10)
        return ssl._create_unverified_context().wrap_socket(plain, server_hostname="localhost")

    def home(self, status: int):
        """The home page once it has this status; to be asked again until then."""
        found = self.get("/")
        return found if found[0] == status else None


class Site:
    """What stands behind the proxy: answers everything, and remembers what it was asked."""

    def __init__(self):
        self.asked: list[str] = []
        site = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                site.asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Nothing."""

        class Listening(ThreadingHTTPServer):
            def get_request(self):
                site.asked.append("a connection")
                return super().get_request()

        self.server = Listening(("127.0.0.1", 0), Answer)
        self.port = str(self.server.server_address[1])


@needs_caddy
@pytest.mark.slow
def test_the_proxy_waits_for_a_slow_sender_so_that_the_site_need_not(tmp_path):
    site = Site()
    threading.Thread(target=site.server.serve_forever, daemon=True).start()
    proxy = Proxy(tmp_path, site.port)
    with running(proxy.command, proxy.environment, tmp_path / "caddy.log"):
        slow = eventually(proxy.connection, "the proxy listens")
        slow.sendall(_post("/slow", "ab", length=4))
        # Sent later, and there before it.
        with proxy.connection() as quick:
            quick.sendall(_post("/quick", "abcd", length=4))
            assert quick.recv(1000).startswith(b"HTTP/1.1 204")
        assert site.asked == ["a connection", "/quick"]
        slow.sendall(b"cd")
        assert slow.recv(1000).startswith(b"HTTP/1.1 204")
        assert site.asked[-1] == "/slow"
        slow.close()
    site.server.shutdown()
    site.server.server_close()


def _post(path: str, body: str, *, length: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    return (head + body).encode()


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

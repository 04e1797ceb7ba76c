"""A partner's own web server, that takes logout tokens or misbehaves."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.ncconnect.smtp_sink import free_port

STALL = 0  # a status: it never answers


class ListeningPartner:
    """``received``: the form of every request, as lists. ``status`` is what it answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.received: list[dict[str, list[str]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._woken = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/deconnexion?canal=arriere"

    @property
    def tokens(self) -> list[str]:
        return [token for form in self.received for token in form["logout_token"]]

    def __enter__(self) -> "ListeningPartner":
        self.recover()
        return self

    def __exit__(self, *exc) -> None:
        self.refuse()

    def refuse(self) -> None:
        """Nobody listens any more."""
        self._woken.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def recover(self) -> None:
        """Listen, and behave."""
        self.status = 200
        self._woken.set()
        if self._server is None:
            handler = type("Handler", (_Handler,), {"partner": self})
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        self.requests.append((handler.path, dict(handler.headers)))
        self.received.append(parse_qs(body, keep_blank_values=True))
        if self.status == STALL:
            self._woken.clear()
            self._woken.wait(30)
            return
        handler.send_response(self.status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


class _Handler(BaseHTTPRequestHandler):
    partner: ListeningPartner

    def do_POST(self) -> None:
        self.partner.take(self)

    def log_message(self, *args) -> None:
        """The tests read ``requests``."""

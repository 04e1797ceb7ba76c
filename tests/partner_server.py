"""A partner's own server, for what we ask of it: over real sockets.

with PartnerServer() as server:
    server.pages["/jwks"] = {"keys": []}
    …
    assert server.hits == ["/jwks"]
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Page = Any | Callable[[BaseHTTPRequestHandler], None]


class PartnerServer:
    """``pages``: a path's JSON value, or a function that writes the answer. Others: 404.

    ``certificates``: a folder that tests.clients.front.write_certificates filled.
    """

    def __init__(self, host: str = "127.0.0.1", certificates: Path | None = None):
        self.pages: dict[str, Page] = {}
        self.hits: list[str] = []
        self.requests: list[dict] = []
        self._server = _server_class(host)((host, 0), self._handler())
        self.port = self._server.server_address[1]
        scheme = "http"
        if certificates:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "front.pem", certificates / "front.key")
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __enter__(self) -> "PartnerServer":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages, hits, requests = self.pages, self.hits, self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hits.append(self.path)
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                requests.append({"headers": dict(self.headers), "body": body})
                page = pages.get(self.path)
                if callable(page):
                    page(self)
                elif page is None:
                    respond(self, 404, b"")
                else:
                    respond(self, 200, json.dumps(page).encode())

            do_POST = do_GET  # noqa: N815  (http.server finds it by this name)

            def log_message(self, *args) -> None:
                pass

        return Handler


def respond(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _server_class(host: str) -> type[ThreadingHTTPServer]:
    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = _family(host)

        def handle_error(self, request, client_address) -> None:
            """A client that hangs up is what these tests are about."""

    return Server


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET

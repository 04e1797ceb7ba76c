"""Google's test against a server of our own that answers, refuses, stalls, drops or raves."""

import datetime
import ipaddress
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.captcha import recaptcha
from accounts.captcha.recaptcha import Verdict

OURS = {"success": True, "hostname": "connect.example.nc"}


class Google(ThreadingHTTPServer):
    """Serves ``answer``: a value (sent as JSON), bytes (as they are), or a function to call."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.status, self.requests = OURS, 200, []
        self.ended = threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append((self.path, parse_qs(body, keep_blank_values=True)))
        if callable(self.server.answer):
            self.server.answer(self)
            return
        answer = self.server.answer
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        """Quiet."""


def stall(handler):
    handler.server.ended.wait()


def drip(handler):
    """A byte now and then: no single read is late, the whole never comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    while not handler.server.ended.wait(0.5):
        handler.wfile.write(b" ")


def drop(handler):
    handler.connection.close()


def cut_short(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")


def _certificate(folder):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return pem, secret


@pytest.fixture
def google(settings, tmp_path, monkeypatch):
    """The recaptcha backend, and the server that it believes to be Google's."""
    server = Google()
    pem, secret = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.CAPTCHA_BACKEND = "recaptcha"
    settings.ISSUER = "https://connect.example.nc"
    settings.RECAPTCHA_PUBLIC_KEY, settings.RECAPTCHA_PRIVATE_KEY = "site-key", "private-key"
    settings.RECAPTCHA_DOMAIN = f"127.0.0.1:{server.server_port}"
    settings.RECAPTCHA_VERIFY_REQUEST_TIMEOUT = 1
    recaptcha.breaker.close()
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()
    recaptcha.breaker.close()


def test_google_is_told_the_response_and_the_key_and_no_address(google):
    assert recaptcha.verify("response") is Verdict.PASSED
    path, sent = google.requests[0]
    assert path == "/recaptcha/api/siteverify"
    assert sent == {"secret": ["private-key"], "response": ["response"], "remoteip": [""]}


@pytest.mark.parametrize(
    "answer",
    [
        {"success": False, "error-codes": ["timeout-or-duplicate"]},
        {"success": True, "hostname": "evil.example"},
        {"success": True},
        {"success": "true", "hostname": "connect.example.nc"},
    ],
    ids=["refused", "another host", "no host", "not a boolean"],
)
def test_anything_but_a_success_on_our_host_is_a_refusal(google, answer):
    google.answer = answer
    assert recaptcha.verify("response") is Verdict.REFUSED


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"\xff\xfe", b"[]", b"null", b"{}", b"3", drop, cut_short],
    ids=["empty", "html", "not utf-8", "list", "null", "no success", "number", "drop", "cut"],
)
def test_an_answer_that_makes_no_sense_is_no_answer(google, answer):
    google.answer = answer
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_error_of_google_is_no_answer(google, status):
    google.status = status
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE


@pytest.mark.parametrize("answer", [stall, drip])
def test_a_slow_google_is_not_waited_for(google, answer):
    """It answers when the test is over."""
    google.answer = answer
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE


def test_a_host_that_is_not_there_is_no_answer(google, settings):
    settings.RECAPTCHA_DOMAIN = "127.0.0.1:1"
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE


def test_a_certificate_that_nobody_vouches_for_is_no_answer(google, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE
    assert google.requests == []


def test_a_key_that_google_refuses_is_no_answer(google):
    google.answer = {"success": False, "error-codes": ["invalid-input-secret"]}
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE


def test_after_three_failures_google_is_left_alone_for_a_while(google, monkeypatch):
    google.answer = b""
    for _try in range(3):
        recaptcha.verify("response")
    google.answer = OURS
    assert recaptcha.verify("response") is Verdict.UNAVAILABLE
    assert len(google.requests) == 3
    monkeypatch.setattr(recaptcha.breaker, "_resume_at", 0)
    assert recaptcha.verify("response") is Verdict.PASSED


def test_an_endless_response_is_refused_without_asking(google):
    assert recaptcha.verify("x" * 1_000_000) is Verdict.REFUSED
    assert google.requests == []


def test_nothing_of_google_is_loaded_before_it_is_asked_for(google, visitor):
    assert "Afficher le test Google" in visitor.page
    assert "www.google.com" not in visitor.page
    assert "google" not in visitor.response["Content-Security-Policy"]
    assert len(visitor.form.choices) == 9


def test_googles_test_comes_beside_ours(google, visitor):
    visitor.presses("captcha_google", name="Wamytan")
    assert 'data-sitekey="site-key"' in visitor.page
    assert "https://www.google.com/recaptcha/" in visitor.response["Content-Security-Policy"]
    assert visitor.form.fields["name"] == "Wamytan"
    assert visitor.answers() == "fait pour Wamytan"
    assert google.requests == []


def test_googles_test_opens_the_door(google, visitor):
    visitor.presses("captcha_google")
    assert visitor.sends(**{"g-recaptcha-response": "ok"}, name="Wamytan") == "fait pour Wamytan"


def test_googles_yes_counts_once(google, visitor):
    visitor.presses("captcha_google")
    answer = visitor.form.fields | {"g-recaptcha-response": "ok", "name": "Wamytan"}
    assert visitor.sends(**answer) == "fait pour Wamytan"
    assert "fait pour" not in visitor.sends(**answer)


def test_googles_no_keeps_both_tests(google, visitor):
    google.answer = {"success": False}
    visitor.presses("captcha_google")
    visitor.sends(**{"g-recaptcha-response": "no"}, name="Wamytan")
    assert "Le test de Google n’est pas réussi." in visitor.page
    assert "g-recaptcha" in visitor.page
    assert visitor.answers() == "fait pour Wamytan"


@pytest.mark.parametrize("answer", [b"junk", drop])
def test_a_google_that_fails_leaves_our_own_test(google, visitor, answer):
    google.answer = answer
    visitor.presses("captcha_google")
    visitor.sends(**{"g-recaptcha-response": "ok"}, name="Wamytan")
    assert visitor.response.status_code == 200
    assert "Le test de Google ne répond pas. Choisissez les images ci-dessous." in visitor.page
    assert "g-recaptcha" not in visitor.page
    assert visitor.answers() == "fait pour Wamytan"


def test_a_google_response_is_worth_nothing_with_our_backend(google, visitor, settings):
    settings.CAPTCHA_BACKEND = "images"
    visitor.sends(**{"g-recaptcha-response": "ok", "captcha_google_accord": "1"}, name="Wamytan")
    assert "fait pour" not in visitor.page
    assert google.requests == []

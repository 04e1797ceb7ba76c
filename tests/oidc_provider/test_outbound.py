"""What we ask of partners' servers: where it goes, how long it takes, how much is read."""

import ipaddress
import socket
import time

import pytest
from django.conf import settings as configured

from ncconnect import outbound
from ncconnect.outbound import OutboundError, get_json, post_form
from tests.clients.front import write_certificates
from tests.partner_server import PartnerServer, respond

LOOPBACK = [
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::127.0.0.1]",
]
NOT_HTTPS = [
    "http://127.0.0.1:{}/",
    "http://impots.example.nc/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{}/",
    "//127.0.0.1:{}/",
    "https://moi@127.0.0.1:{}/",
    "https:",
    "https://[x/",
    "https://a:b/",
    "HTTPS//127.0.0.1:{}",
    "https://",
]
NOT_PUBLIC = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "0.0.0.0",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "::",
    "64:ff9b::a00:1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
]


@pytest.fixture
def server():
    """On this machine, which is allowed in demonstration mode."""
    assert configured.DEMO_MODE
    with PartnerServer() as server:
        yield server


@pytest.fixture
def production(settings):
    settings.DEMO_MODE = False


@pytest.fixture
def named(monkeypatch):
    """Let a name lead to these addresses, one answer after the other; returns the questions."""
    real, questions = socket.getaddrinfo, []

    def install(name: str, *answers: list[str]) -> list[str]:
        left = list(answers)

        def getaddrinfo(host, port, *args, **kwargs):
            if host != name:
                return real(host, port, *args, **kwargs)
            questions.append(host)
            places = left.pop(0) if len(left) > 1 else left[0]
            return [found for place in places for found in real(place, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return questions

    return install


def refusal(url: str) -> str:
    with pytest.raises(OutboundError) as refused:
        get_json(url)
    return str(refused.value)


class TestExchange:
    def test_json(self, server):
        server.pages["/a?b=c"] = {"keys": []}
        assert get_json(f"{server.url}/a?b=c") == {"keys": []}
        headers = server.requests[0]["headers"]
        assert headers["Host"] == f"127.0.0.1:{server.port}"
        assert headers["Connection"] == "close"

    def test_a_form(self, server):
        server.pages["/fin"] = lambda handler: respond(handler, 204, b"")
        assert post_form(f"{server.url}/fin", {"logout_token": "a.b.c", "é": "&="}) == 204
        assert server.requests[0]["body"] == "logout_token=a.b.c&%C3%A9=%26%3D"

    @pytest.mark.parametrize("status", [302, 307, 400, 500])
    def test_a_form_is_answered_by_any_status_and_no_redirect_is_followed(self, server, status):
        def page(handler):
            respond(handler, status, b"", Location=f"{server.url}/ailleurs")

        server.pages["/fin"] = page
        assert post_form(f"{server.url}/fin", {}) == status
        assert server.hits == ["/fin"]

    def test_a_redirect_is_not_followed(self, server):
        server.pages["/a"] = lambda handler: respond(handler, 302, b"", Location="/b")
        server.pages["/b"] = {}
        assert refusal(f"{server.url}/a") == "it answered 302"
        assert server.hits == ["/a"]

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 60_000])
    def test_what_is_not_json(self, server, body):
        server.pages["/a"] = lambda handler: respond(handler, 200, body)
        assert refusal(f"{server.url}/a") == "the answer is not JSON"

    def test_no_server(self, server):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            assert refusal(f"http://127.0.0.1:{free.getsockname()[1]}/") == "the connection failed"

    def test_what_is_not_http(self, server):
        server.pages["/a"] = lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n\r\n")
        assert refusal(f"{server.url}/a") == "the answer is not HTTP"

    def test_an_answer_quotes_nothing(self, server):
        server.pages["/a"] = lambda handler: respond(handler, 200, b"un secret")
        assert "secret" not in refusal(f"{server.url}/a")


class TestSize:
    def test_a_huge_answer(self, server):
        body = b'"' + b"x" * (outbound.MAX_LENGTH - 2) + b'"'
        server.pages["/just"] = lambda handler: respond(handler, 200, body)
        server.pages["/more"] = lambda handler: respond(handler, 200, body + b" ")
        assert len(get_json(f"{server.url}/just")) == outbound.MAX_LENGTH - 2
        assert "longer than" in refusal(f"{server.url}/more")

    def test_an_answer_without_an_end(self, server):
        def page(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                handler.wfile.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")

        server.pages["/a"] = page
        assert "longer than" in refusal(f"{server.url}/a")


class TestTime:
    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch):
        monkeypatch.setattr(outbound, "MAX_TIME", 0.5)

    def drip(self, first: bytes, rest: bytes):
        def page(handler):
            handler.wfile.write(first)
            for _ in range(100):
                handler.wfile.write(rest)
                handler.wfile.flush()
                time.sleep(0.05)

        return page

    @pytest.mark.parametrize(
        ("first", "rest"),
        [
            (b"", b"H"),
            (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
            (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b""),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ],
        ids=["status line", "headers", "content", "silence", "continue"],
    )
    def test_one_deadline_for_the_whole_answer(self, server, first, rest):
        server.pages["/a"] = self.drip(first, rest)
        assert refusal(f"{server.url}/a") == "no answer within 0.5 seconds"

    def test_a_name_server_that_is_silent(self, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(2))
        assert refusal("https://impots.example.nc/") == "no answer within 0.5 seconds"

    def test_a_server_that_never_shakes_hands(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
            assert refusal(url) == "no answer within 0.5 seconds"


class TestGuard:
    """No hit on a listener that is not on the public Internet, whatever the spelling."""

    @pytest.fixture
    def listener(self):
        with PartnerServer() as server:
            yield server

    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize("host", LOOPBACK)
    def test_this_machine(self, listener, host):
        assert refusal(f"https://{host}:{listener.port}/") in (
            "the host is not on the public Internet",
            "the host is unknown",
        )
        assert listener.hits == []

    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize("url", NOT_HTTPS)
    def test_other_addresses_than_https(self, listener, url):
        assert refusal(url.format(listener.port)) in ("not an https address", "not an address")
        assert listener.hits == []

    @pytest.mark.parametrize("url", ["https://a b/", "https://impots.nc/\r\nX: y", "https://.x/"])
    def test_an_address_that_cannot_be_asked_for(self, url, named):
        host = url.split("/")[2]
        named(host, ["127.0.0.1"])
        assert refusal(url)

    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize("address", NOT_PUBLIC)
    def test_addresses_that_are_not_public(self, address):
        assert not outbound._may_be_called(ipaddress.ip_address(address))

    @pytest.mark.parametrize(
        "address", ["1.1.1.1", "202.0.157.1", "2606:4700::1", "64:ff9b::101:101"]
    )
    def test_public_addresses(self, address):
        assert outbound._may_be_called(ipaddress.ip_address(address))

    @pytest.mark.usefixtures("production")
    def test_a_name_that_leads_inside(self, listener, named):
        named("impots.example.nc", ["10.0.0.1"])
        assert refusal("https://impots.example.nc/") == "the host is not on the public Internet"

    @pytest.mark.usefixtures("production")
    def test_a_name_that_leads_outside_and_inside(self, listener, named):
        named("impots.example.nc", ["192.0.2.1", "127.0.0.1"])
        refusal(f"https://impots.example.nc:{listener.port}/")
        assert listener.hits == []

    def test_a_name_is_asked_once_and_the_judged_address_is_called(self, named, settings):
        """DNS rebinding: the second answer would lead elsewhere."""
        settings.DEMO_MODE = False
        settings.OUTBOUND_NETWORKS = [ipaddress.ip_network("127.0.0.2/32")]
        with PartnerServer() as inside:
            questions = named("impots.example.nc", ["127.0.0.2"], ["127.0.0.1"])
            refusal(f"https://impots.example.nc:{inside.port}/")
            assert questions == ["impots.example.nc"]
            assert inside.hits == []

    def test_demonstration_mode_opens_this_machine_and_no_other(self):
        assert outbound._may_be_called(ipaddress.ip_address("::1"))
        assert not outbound._may_be_called(ipaddress.ip_address("10.0.0.1"))
        assert refusal("http://10.0.0.1/") == "not an https address"

    @pytest.mark.usefixtures("production")
    def test_networks_that_the_operator_names(self, settings):
        settings.OUTBOUND_NETWORKS = [ipaddress.ip_network("10.1.0.0/16")]
        assert outbound._may_be_called(ipaddress.ip_address("10.1.2.3"))
        assert outbound._may_be_called(ipaddress.ip_address("::ffff:10.1.2.3"))
        assert not outbound._may_be_called(ipaddress.ip_address("10.2.0.1"))


class TestTls:
    @pytest.fixture
    def secure(self, tmp_path, monkeypatch):
        """A server whose authority is known here, with a certificate for localhost."""
        monkeypatch.setenv("SSL_CERT_FILE", str(write_certificates(tmp_path)))
        outbound._tls.cache_clear()
        with PartnerServer(certificates=tmp_path) as server:
            server.pages["/a"] = {"a": 1}
            yield server
        outbound._tls.cache_clear()

    def test_by_name_at_the_judged_address(self, secure, named):
        named("localhost", ["127.0.0.1"])
        assert get_json(f"https://localhost:{secure.port}/a") == {"a": 1}
        assert secure.requests[0]["headers"]["Host"] == f"localhost:{secure.port}"

    def test_a_certificate_of_another_name(self, secure, named):
        named("impots.example.nc", ["127.0.0.1"])
        assert refusal(f"https://impots.example.nc:{secure.port}/a").startswith("TLS failed")
        assert secure.hits == []

    def test_an_unknown_authority(self, secure, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        outbound._tls.cache_clear()
        assert refusal(f"https://127.0.0.1:{secure.port}/a").startswith("TLS failed")

    def test_a_server_without_tls(self, server):
        assert refusal(f"https://127.0.0.1:{server.port}/").startswith("TLS failed")


def test_ipv6():
    with PartnerServer("::1") as server:
        server.pages["/a"] = []
        assert get_json(f"{server.url}/a") == []
        assert server.requests[0]["headers"]["Host"] == f"[::1]:{server.port}"


def test_the_next_address_is_tried_when_one_is_dead(server, named):
    server.pages["/a"] = []
    named("localhost", ["127.0.0.9", "127.0.0.1"])
    assert get_json(f"http://localhost:{server.port}/a") == []

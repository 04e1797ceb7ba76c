"""Every request that we send to an address of a partner's: one guarded exchange over https.

Such an address comes from outside, so it may point at a machine of ours (server-side request
forgery). Names are resolved here, once; every address of the answer must be on the public
Internet; the connection goes to the address that was judged, so a name that answers otherwise a
moment later leads nowhere. Redirects are not followed. One deadline holds for the whole exchange.
"""

import functools
import http.client
import io
import ipaddress
import json
import queue
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings

from ncconnect import seats
from ncconnect.config import LOOPBACK_HOSTS

MAX_TIME = 3.0  # seconds, from the name to the last byte
MAX_LENGTH = 64 * 1024  # bytes of an answer
PORTS = {"https": 443, "http": 80}
ALWAYS = {"User-Agent": "NC-Connect", "Connection": "close"}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What is not 2000::/3 is nobody's on the Internet, except NAT64 (RFC 6052), judged by its inside.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class OutboundError(Exception):
    """The exchange did not take place as wanted. The text says why, and quotes no answer."""


def get_json(url: str) -> Any:
    """The JSON value at this address. Raises OutboundError."""
    status, body = _exchange("GET", url, headers={"Accept": "application/json"})
    if status != 200:
        raise OutboundError(f"it answered {status}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise OutboundError("the answer is not JSON") from None


def post_form(url: str, fields: dict[str, str]) -> int:
    """Post a form to this address; the status of the answer, whatever it is. Raises OutboundError.

    A redirect is an answer: it is not followed.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _body = _exchange("POST", url, headers=headers, body=urlencode(fields).encode())
    return status


def _exchange(
    method: str, url: str, *, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, bytes]:
    """The status and the content of the answer.

    Without a seat meanwhile: a partner whose address is slow keeps nobody else waiting.
    """
    try:
        parts = _parsed(url)
        deadline = time.monotonic() + MAX_TIME
        with seats.given_back(), _Connection(parts, deadline=deadline) as connection:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body, ALWAYS | headers)
            response = connection.getresponse()
            content = response.read(MAX_LENGTH + 1)
    except TimeoutError:
        raise OutboundError(f"no answer within {MAX_TIME:g} seconds") from None
    except ssl.SSLError as error:
        raise OutboundError(f"TLS failed: {error.reason or 'no handshake'}") from None
    except OSError:
        raise OutboundError("the connection failed") from None
    except (http.client.InvalidURL, ValueError):
        raise OutboundError("not an address") from None
    except http.client.HTTPException:
        raise OutboundError("the answer is not HTTP") from None
    if len(content) > MAX_LENGTH:
        raise OutboundError(f"the answer is longer than {MAX_LENGTH} bytes")
    return response.status, content


def _parsed(url: str) -> SplitResult:
    """https; http only to this machine, in demonstration mode. Raises OutboundError."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise OutboundError("not an address") from None
    local = settings.DEMO_MODE and parts.scheme == "http" and host in LOOPBACK_HOSTS
    if not host or "@" in parts.netloc or not (local or parts.scheme == "https"):
        raise OutboundError("not an https address")
    return parts


# --- Where a name leads


def _resolved(host: str, port: int, seconds: float) -> list[tuple]:
    """What getaddrinfo says. It knows no time limit of its own, hence the thread."""
    answer: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answer.put([])

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError from None
    if not found:
        raise OutboundError("the host is unknown")
    return found


def _judged(host: str, port: int, seconds: float) -> list[tuple]:
    """The same, when every address may be called: one that may not spoils the name."""
    found = _resolved(host, port, seconds)
    if not all(_may_be_called(ipaddress.ip_address(place[-1][0])) for place in found):
        raise OutboundError("the host is not on the public Internet")
    return found


def _may_be_called(address: Address) -> bool:
    """Public, or in a network that the operator named (OUTBOUND_NETWORKS)."""
    address = _meant(address)
    if any(address in network for network in settings.OUTBOUND_NETWORKS):
        return True
    if settings.DEMO_MODE and address.is_loopback:
        return True
    if address.is_multicast or not address.is_global:
        return False
    # A 6to4 address is a tunnel to the IPv4 address in it: nobody needs one any more (RFC 7526).
    return address.version == 4 or (address in GLOBAL_UNICAST and address.sixtofour is None)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries (mapped, NAT64), or the address itself."""
    if address.version == 6 and address in NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return getattr(address, "ipv4_mapped", None) or address


# --- The connection: to the judged address, under the host's own name, within the deadline


class _Connection(http.client.HTTPConnection):
    def __init__(self, parts: SplitResult, *, deadline: float):
        self.default_port = PORTS[parts.scheme]  # so that Host does not name it
        super().__init__(parts.hostname, parts.port or self.default_port)
        self._secure = parts.scheme == "https"
        self._deadline = deadline
        self._raw: socket.socket | None = None

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *exception) -> None:
        self.close()
        if self._raw:
            self._raw.close()

    def connect(self) -> None:
        places = _judged(self.host, self.port, _left(self._deadline))
        self._raw = _first_that_answers(places, self._deadline)
        if self._secure:
            self._raw.settimeout(_left(self._deadline))  # of the whole handshake
            self._raw = _tls().wrap_socket(self._raw, server_hostname=self.host)
        self.sock = _Timed(self._raw, self._deadline)


@functools.cache
def _tls() -> ssl.SSLContext:
    """TLS 1.2 at least, certificates checked by the system's authorities (or SSL_CERT_FILE)."""
    return ssl.create_default_context()


def _first_that_answers(places: list[tuple], deadline: float) -> socket.socket:
    """A silent address gets its share of the time, so that the next one has its own."""
    failure: OSError = TimeoutError()
    for index, (family, kind, protocol, _name, place) in enumerate(places):
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(_left(deadline) / (len(places) - index))
            raw.connect(place)
        except OSError as error:
            raw.close()
            failure = error
        else:
            return raw
    raise failure


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError when it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Timed:
    """A socket as http.client needs it. A socket's own timeout starts anew with each byte read."""

    def __init__(self, raw: socket.socket, deadline: float):
        self._raw = raw
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._raw.settimeout(_left(self._deadline))
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._raw, self._deadline))

    def close(self) -> None:
        """http.client closes before it reads the content; the end of the exchange closes."""


class _Reader(io.RawIOBase):
    def __init__(self, raw: socket.socket, deadline: float):
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._raw.settimeout(_left(self._deadline))
        return self._raw.recv_into(buffer)

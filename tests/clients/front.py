"""A TLS front on localhost, as operators have one: Caddy, with a certificate of a CA of ours."""

import contextlib
import datetime as dt
import ipaddress
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

START_SECONDS = 20
CADDYFILE = """
{{
	admin off
	auto_https off
}}
https://localhost:{port} {{
	tls {place}/front.pem {place}/front.key
	reverse_proxy 127.0.0.1:{upstream}
}}
"""


def write_certificates(place: Path) -> Path:
    """A CA and a certificate for this machine, in ``place``; returns the file of the CA."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("The tests' own CA")
    ca = _builder(issuer, issuer, ca_key).add_extension(x509.BasicConstraints(True, 0), True)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(_name("localhost"), issuer, key)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False
        )
    )
    signed = {
        "ca.pem": ca.add_extension(_usage(), True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), False
        ),
        "front.pem": certificate,
    }
    for name, builder in signed.items():
        pem = builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (place / name).write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (place / "front.key").write_bytes(private)
    return place / "ca.pem"


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


def _usage() -> x509.KeyUsage:
    """RFC 5280, section 4.2.1.3: what a CA's key may do. Python insists on it."""
    others = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **others)


@contextlib.contextmanager
def front(place: Path, *, port: int, upstream: int) -> Iterator[None]:
    """TLS on ``port`` of localhost, plain HTTP to ``upstream``, to the end of the block."""
    configuration = place / "Caddyfile"
    configuration.write_text(CADDYFILE.format(port=port, upstream=upstream, place=place))
    with (place / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            ["caddy", "run", "--config", str(configuration), "--adapter", "caddyfile"],
            env={"HOME": str(place), "PATH": "/usr/bin:/bin"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, place / "caddy.log")
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    """Return once something listens. Raises AssertionError with what the program said instead."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"{process.args[0]} did not start:\n{log.read_text()}")

"""Encryption of the few secrets that must wait in the database."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


def fingerprint(text: str) -> str:
    """SHA-256 in hexadecimal: how a random identifier is stored and looked up."""
    return hashlib.sha256(text.encode()).hexdigest()


class Seal:
    """Encrypts a text for one owner.

    The key is derived from the site's secret *and* from an identifier that only the browser's
    cookie holds. A copy of the database opens nothing, and neither does a copy of the secret.
    """

    def __init__(self, secret: bytes):
        self._secret = secret

    def close(self, owner: str, text: str) -> bytes:
        """Encrypt ``text`` for ``owner``."""
        return self._fernet(owner).encrypt(text.encode())

    def open(self, owner: str, sealed: bytes) -> str | None:
        """Decrypt, or None when it was sealed for someone else or with another secret."""
        try:
            return self._fernet(owner).decrypt(sealed).decode()
        except InvalidToken:
            return None

    def _fernet(self, owner: str) -> Fernet:
        key = hmac.new(self._secret, b"seal:" + owner.encode(), hashlib.sha256).digest()
        return Fernet(base64.urlsafe_b64encode(key))

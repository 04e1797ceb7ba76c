"""Proof Key for Code Exchange (RFC 7636), S256 only."""

import hashlib
import re
from base64 import urlsafe_b64encode

_SHAPE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_well_formed(value: str) -> bool:
    """May this be a code_verifier, or a code_challenge (sections 4.1 and 4.2)?"""
    return _SHAPE.fullmatch(value) is not None


def challenge_of(verifier: str) -> str:
    """The code_challenge of a code_verifier (section 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")

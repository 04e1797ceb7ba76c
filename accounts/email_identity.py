"""The one canonical form of an e-mail address.

Two spellings of one mailbox must be one account, and two mailboxes must never be. So the local
part is plain ASCII (no letter that folds into another), the domain is IDNA, all in lower case.
"""

import re
import unicodedata

import idna

LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
TOP_LEVEL = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
MAX_LENGTH = 254  # RFC 5321, section 4.5.3.1.3
MAX_LOCAL_PART = 64  # RFC 5321, section 4.5.3.1.1


class InvalidEmail(ValueError):
    """The text is not an address that a mail can be sent to over the public Internet."""


def canonical(address: str) -> str:
    """The form under which an address is stored, compared, limited and written to.

    Raises InvalidEmail. Address literals, quoted local parts and domains without a dot are refused.
    """
    local_part, at, domain = address.strip().rpartition("@")
    local_part = local_part.lower() if local_part.isascii() else ""
    if not at or len(local_part) > MAX_LOCAL_PART or not LOCAL_PART.fullmatch(local_part):
        raise InvalidEmail
    result = f"{local_part}@{_domain(domain)}"
    if len(result) > MAX_LENGTH:
        raise InvalidEmail
    return result


def masked(address: str) -> str:
    """An address that its owner recognises and a passer-by cannot write down."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part[:1]}•••{at}{domain}"


def _domain(domain: str) -> str:
    """The domain in its ASCII form (RFC 5891). A form that NFKC changes is a disguise: refused."""
    domain = domain.lower()
    if unicodedata.normalize("NFKC", domain) != domain:
        raise InvalidEmail
    try:
        encoded = idna.encode(domain, uts46=False).decode("ascii")
    except idna.IDNAError:
        raise InvalidEmail from None
    _, dot, top_level = encoded.rpartition(".")
    if not dot or not TOP_LEVEL.fullmatch(top_level):
        raise InvalidEmail
    return encoded

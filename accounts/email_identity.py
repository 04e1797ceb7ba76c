"""The one canonical form of an e-mail address.

Two spellings of one mailbox must be one account, and two mailboxes must never be. So the local
part is plain ASCII (no letter that folds into another), the domain is IDNA, all in lower case.

What a copy brought along and no address can hold is taken away first: nothing that could be told
apart by a mail server is. Whatever takes an address reads it by this module
(tests/accounts/test_addresses_read_alike).
"""

import re
import unicodedata
from urllib.parse import unquote

import idna

from ncconnect import text

LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
TOP_LEVEL = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
MAX_LENGTH = 254  # RFC 5321, section 4.5.3.1.3
MAX_LOCAL_PART = 64  # RFC 5321, section 4.5.3.1.1
# With a name and a comment around it. Longer is no address, and is not read at all.
MAX_TYPED = 1_000

# What keyboards and word processors write for the ASCII that was meant. None of them can stand in
# an address that we accept; the full stops are those of RFC 3490, section 3.1.
_MEANT = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"}
    | {"\u3002": ".", "\uff61": "."}
)
_AROUND = (("<", ">"), ('"', '"'), ("'", "'"), ("«", "»"), ("“", "”"), ("‘", "’"), ("(", ")"))
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")  # RFC 5322, section 3.4: name-addr
_MAILTO = re.compile(r"mailto:([^?]*)(\?.*)?", re.IGNORECASE)  # RFC 6068
_AFTER = " ,;.:\t\r\n\u00a0\u202f"
_LOCAL_CHARACTER = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]")


class InvalidEmail(ValueError):
    """The text is not an address that a mail can be sent to over the public Internet.

    ``character``: the one that cannot stand where it stands; empty when it is not for one alone.
    """

    def __init__(self, character: str = ""):
        super().__init__()
        self.character = character


def canonical(address: str) -> str:
    """The form under which an address is stored, compared, limited and written to.

    Raises InvalidEmail. Address literals, quoted local parts and domains without a dot are refused.
    """
    if len(address) > MAX_TYPED:
        raise InvalidEmail
    local_part, at, domain = _bare(address).rpartition("@")
    if not at:
        raise InvalidEmail
    result = f"{_local_part(local_part)}@{_domain(domain)}"
    if len(result) > MAX_LENGTH:
        raise InvalidEmail
    return result


def mailbox(address: str) -> str:
    """What limits count a canonical address by: the mailbox that its mails arrive in.

    A tag behind « + » makes no other mailbox, nor does a dot at Gmail. Two people may share a
    counter by it, where a provider sees it otherwise; they never share an account.
    """
    local_part, _at, domain = address.rpartition("@")
    local_part = local_part.partition("+")[0] or local_part
    if domain in ("gmail.com", "googlemail.com"):
        local_part, domain = local_part.replace(".", ""), "gmail.com"
    return f"{local_part}@{domain}"


def masked(address: str) -> str:
    """An address that its owner recognises and a passer-by cannot write down."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part[:1]}•••{at}{domain}"


def _bare(address: str) -> str:
    """The address alone: without what surrounds it in a mail, a list or a link."""
    bare, before = text.half_width(text.without_invisible(address)), None
    while bare != before:  # « Moana <mailto:moana@exemple.nc>, » has it in layers
        before = bare
        bare = bare.strip().rstrip(_AFTER)
        if named := _NAMED.fullmatch(bare):
            bare = named[1]
        elif link := _MAILTO.fullmatch(bare):
            bare = unquote(link[1])
        elif len(bare) > 1 and (bare[0], bare[-1]) in _AROUND:
            bare = bare[1:-1]
    return bare.translate(_MEANT)


def _local_part(local_part: str) -> str:
    if len(local_part) > MAX_LOCAL_PART:
        raise InvalidEmail
    # Lower case of ASCII alone: the Kelvin sign is no k.
    lower = "".join(c.lower() if c.isascii() else c for c in local_part)
    for character in lower:
        if not _LOCAL_CHARACTER.match(character):
            raise InvalidEmail(character)
    if not LOCAL_PART.fullmatch(lower):
        raise InvalidEmail
    return lower


def _domain(domain: str) -> str:
    """The domain in its ASCII form (RFC 5891). A form that NFKC changes is a disguise: refused."""
    for character in domain:
        if unicodedata.normalize("NFKC", character) != character or character.isspace():
            raise InvalidEmail(character)
    domain = unicodedata.normalize("NFC", domain).lower()
    try:
        encoded = idna.encode(domain, uts46=False).decode("ascii")
    except idna.InvalidCodepoint:
        raise InvalidEmail(next(filter(_no_domain_has, domain), "")) from None
    except idna.IDNAError:
        raise InvalidEmail from None
    _, dot, top_level = encoded.rpartition(".")
    if not dot or not TOP_LEVEL.fullmatch(top_level):
        raise InvalidEmail
    return encoded


def _no_domain_has(character: str) -> bool:
    try:
        idna.encode(f"a{character}a")
    except idna.InvalidCodepoint:
        return True
    except idna.IDNAError:
        return False
    return False

"""Reading the parameters of a protocol request, once, before anything looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

TOO_LONG = "too long"
MAX_LENGTH = 4_096  # characters in one value
# An id_token of ours holds a nonce of that length, and the claims that were asked for in it.
LONGER = {"id_token_hint": 12_288}
MAX_TOTAL = 16_384  # characters in all values
# Of a request that is carried, sealed in an address, through the pages of a sign-in. What carries
# it: the address line (8 190 characters, Apache's, beside the name of the page), and the same once
# more in Referer (16 kB for all headers, Node's). Cookies and mails carry none of it.
MAX_CARRIED = 6_000  # characters


@dataclass(frozen=True)
class Malformed:
    """A parameter that cannot be read, and why (ASCII: it goes into error_description)."""

    parameter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.reason}"


def told(faults: Iterable[Malformed]) -> str:
    """All of them at once: whoever mends a request wants no second try to learn of the next."""
    return ", ".join(map(str, faults))


def read(data: QueryDict, names: Iterable[str]) -> tuple[dict[str, str], list[Malformed]]:
    """The known parameters that were sent with a value, and the faults found among them.

    RFC 6749, section 3.1: a parameter sent without a value counts as omitted, one that is not
    known is ignored, none may come twice. A faulty parameter is left out of the result.
    """
    values, faults = {}, []
    for name in names:
        sent = [value for value in data.getlist(name) if value]
        fault = fault_of(name, sent)
        if fault:
            faults.append(fault)
        elif sent:
            values[name] = sent[0]
    if sum(map(len, values.values())) > MAX_TOTAL:
        faults.append(Malformed("request", TOO_LONG))
    return values, faults


def fault_of(name: str, sent: list[str]) -> Malformed | None:
    """What is wrong with a parameter that was sent with these values; None when nothing is."""
    if len(sent) > 1:
        return Malformed(name, "sent more than once")
    value = sent[0] if sent else ""
    # U+FFFD is what a byte that is not UTF-8 was decoded to.
    if "\x00" in value or "\ufffd" in value:
        return Malformed(name, "badly encoded")
    try:
        value.encode()
    except UnicodeEncodeError:
        return Malformed(name, "badly encoded")
    return Malformed(name, TOO_LONG) if len(value) > LONGER.get(name, MAX_LENGTH) else None

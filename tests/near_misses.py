"""Inputs that are almost right, for properties (hypothesis): addresses, JSON, signed tokens."""

import base64
import json
from urllib.parse import quote

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from tests.relying_party import payload
from tests.samples import examples

near = settings(
    max_examples=examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PIECES = ("/", "?", "#", "@", ":443", ".", "%2e", "%2F", "\\", "\t", "\n", " ", "\x00", "é", "..")


@st.composite
def altered(draw, address: str):
    """An address that resembles this one: pieces put in, cut out, in other case, encoded."""
    at = draw(st.integers(0, len(address)))
    cut = draw(st.integers(0, 2))
    piece = draw(st.sampled_from(PIECES) | st.text(max_size=3))
    changed = address[:at] + piece + address[at + cut :]
    change = draw(st.sampled_from((str, str.upper, str.title, quote, str.swapcase)))
    result = change(changed)
    assume(result != address)
    return result


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def parts_of(token: str) -> tuple[dict, dict, str]:
    header, _body, signature = token.split(".")
    text = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    return json.loads(text), payload(token), signature


def joined(header, body, signature: str) -> str:
    encoded = (json.dumps(part).encode() for part in (header, body))
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in encoded) + (
        f".{signature}"
    )

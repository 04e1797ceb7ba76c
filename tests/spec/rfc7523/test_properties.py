"""RFC 7523, section 3; RFC 6749, section 5.2: whatever is wrong in an assertion, the answer is
invalid_client."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.key_holder import KeyHolder, new_key
from tests.near_misses import joined, json_values, near, parts_of


class TestAssertions:
    @pytest.fixture
    def holder(self):
        return KeyHolder.registered()

    @near
    @given(
        claims=st.dictionaries(
            st.sampled_from(["iss", "sub", "aud", "exp"]),
            json_values.filter(lambda value: value != "impots"),
            min_size=1,
        ),
        others=st.dictionaries(st.sampled_from(["iat", "nbf", "jti", "x"]), json_values),
    )
    @example(claims={"exp": float("inf")}, others={})
    @example(claims={"exp": 2**70}, others={})
    @example(claims={"sub": ["impots"]}, others={})
    @example(claims={"aud": ["http://127.0.0.1:8000", "https://ailleurs.nc"]}, others={})
    def test_its_claims(self, holder, claims, others):
        """Each of these must be right, signed or not."""
        kept = {name: value for name, value in claims.items() if value is not None}
        removed = dict.fromkeys(claims.keys() - kept.keys())
        self._refused(holder, holder.assertion(**others, **kept, **removed))

    @near
    @given(
        header=st.dictionaries(
            st.sampled_from(["alg", "kid", "jwk", "jku", "x5u", "crit", "b64", "typ"]),
            st.sampled_from(["none", "HS256", "RS256", "ES384", ""]) | json_values,
            min_size=1,
            max_size=3,
        ),
    )
    @example(header={"alg": "none"})
    @example(header={"jku": "http://169.254.169.254/"})
    def test_its_header(self, holder, header):
        """The header chooses neither the key nor where to fetch one; it is under the signature."""
        was_header, claims, signature = parts_of(holder.assertion())
        assume(was_header | header != was_header)
        self._refused(holder, joined(was_header | header, claims, signature))

    @near
    @given(words=st.text(max_size=80) | st.lists(st.text(max_size=9)).map(".".join))
    @example(words="e30.e30.")
    @example(words="eyJhbGciOiJub25lIn0.bnVsbA.")
    @example(words="." * 5)
    def test_that_is_none(self, holder, words):
        assume("\x00" not in words and words)
        self._refused(holder, words)

    def test_of_another_key(self, holder):
        self._refused(holder, holder.assertion(key=new_key()))

    def _refused(self, holder, assertion: str) -> None:
        response = holder.asks(client_assertion=assertion)
        assert response.status_code == 401, response.content
        assert response.json()["error"] == "invalid_client"

"""One mailbox, one canonical form; two mailboxes, never one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.email_identity import InvalidEmail, canonical


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("moana@lagoon.nc", "moana@lagoon.nc"),
        ("  Moana.K@Lagoon.NC ", "moana.k@lagoon.nc"),
        ("a+impots@exemple.nc", "a+impots@exemple.nc"),
        ("o'neil@exemple.nc", "o'neil@exemple.nc"),
        ("jean@île-des-pins.nc", "jean@xn--le-des-pins-zcb.nc"),
    ],
)
def test_spellings_of_one_mailbox_have_one_form(written, stored):
    assert canonical(written) == stored


@pytest.mark.parametrize(
    "address",
    [
        "",
        "moana",
        "@exemple.nc",
        "moana@",
        "moana@localhost",
        "moana@[127.0.0.1]",
        "moana@127.0.0.1",
        '"moana k"@exemple.nc',
        "mo ana@exemple.nc",
        "moana@exemple..nc",
        ".moana@exemple.nc",
        "moana@exemple.nc\r\nBcc: x@y.nc",
        "moana\0@exemple.nc",
        "moana@exemple.nc,autre@exemple.nc",
        "\u212aim@exemple.nc",  # Kelvin sign
        "\u0131rma@exemple.nc",  # dotless i
        "\u0130rma@exemple.nc",  # dotted capital I
        "moana@\u24e7.nc",  # circled x
        "moana@exemple\uff0enc",  # full-width dot
        "a" * 65 + "@exemple.nc",
        "a@" + "b" * 250 + ".nc",
    ],
)
def test_what_no_mail_reaches_or_looks_like_another_address_is_refused(address):
    with pytest.raises(InvalidEmail):
        canonical(address)


@given(st.text())
def test_any_text_is_refused_or_made_canonical_once_for_all(text):
    try:
        once = canonical(text)
    except InvalidEmail:
        return
    assert canonical(once) == once
    assert once.isascii()
    assert once == once.lower()


@given(st.emails())
def test_the_upper_case_spelling_is_the_same_account(address):
    try:
        stored = canonical(address)
    except InvalidEmail:
        return
    assert canonical(address.upper()) == stored

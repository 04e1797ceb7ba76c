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
        ("jean@i\u0302le-des-pins.nc", "jean@xn--le-des-pins-zcb.nc"),  # as macOS copies it
        ("o\u2019neil@exemple.nc", "o'neil@exemple.nc"),  # as telephones write it
        ("marie\u2011claire@exemple.nc", "marie-claire@exemple.nc"),
        ("moana\uff20exemple\uff0enc", "moana@exemple.nc"),
        ("moana@exemple\u3002nc", "moana@exemple.nc"),
        ("mailto:moana%2Bnc@exemple.nc?subject=a", "moana+nc@exemple.nc"),
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
        "Moana <moana@exemple.nc> <autre@exemple.nc>",
        "moana@exemple.nc" + " " * 1_000,
        "\u212aim@exemple.nc",  # Kelvin sign
        "\u0131rma@exemple.nc",  # dotless i
        "\u0130rma@exemple.nc",  # dotted capital I
        "moana@\u24e7.nc",  # circled x
        "moana@\u212aone.nc",  # Kelvin sign
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


@pytest.mark.parametrize(
    ("address", "character"),
    [
        ("\u212aim@exemple.nc", "\u212a"),
        ("jérôme@exemple.nc", "é"),
        ("moana@ex_emple.nc", "_"),
        ("mo ana@exemple.nc", " "),
        ("moana@exemple .nc", " "),
        ("moana@a\u24e7.nc", "\u24e7"),
        ("moana", ""),
        ("moana@exemple..nc", ""),
    ],
)
def test_the_character_that_cannot_stay_is_named(address, character):
    with pytest.raises(InvalidEmail) as refusal:
        canonical(address)
    assert refusal.value.character == character

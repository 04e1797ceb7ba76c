"""Handles: one text for one value, and nothing else is read as one."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncconnect import handles
from ncconnect.handles import Handle


def test_a_handle_names_its_row_and_proves_itself():
    key = handles.new_key()
    text, digest = handles.new(key)
    assert Handle.read(text) == Handle(key, digest)
    assert len(digest) == 32


def test_no_two_are_alike():
    key = handles.new_key()
    assert len({handles.new(key)[0] for _ in range(100)}) == 100


def test_keys_are_uuids_that_follow_each_other():
    keys = [handles.new_key() for _ in range(100)]
    assert {(key.version, key.variant) for key in keys} == {(7, uuid.RFC_4122)}
    moments = [key.int >> 80 for key in keys]
    assert moments == sorted(moments)
    assert len({key.int & (1 << 62) - 1 for key in keys}) == 100


@pytest.mark.parametrize("character", ["+", "/", "=", "é", "\x00", " ", "\ud800", "𝟘"])
def test_one_alphabet_only(character):
    """The other base64 alphabet would be a second text for the same handle."""
    text, _digest = handles.new(handles.new_key())
    assert Handle.read(character + text[1:]) is None
    assert Handle.read(text[:-1] + character) is None


@given(st.text(max_size=80))
def test_anything_else_is_not_one(text):
    assert Handle.read(text) is None or len(text) == 64

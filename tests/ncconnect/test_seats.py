"""Seats: few are served at once, and whoever waits for something long holds none."""

import threading

import pytest
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts import passwords
from ncconnect import outbound, seats
from ncconnect.waiting import Turns

LONG = 30.0


@pytest.fixture
def one_seat(monkeypatch):
    """The only seat of the process."""
    seat = seats.Seat()
    turns = Turns([seat], waiting=10, patience=LONG)
    monkeypatch.setattr(seats, "turns", lambda: turns)
    yield seat
    seat.connection.close()


def elsewhere(action):
    """What ``action`` returns in a thread of its own, as those of the web server are."""
    found = []
    thread = threading.Thread(target=lambda: found.append(action()))
    thread.start()
    thread.join(LONG)
    return found[0]


def test_the_connection_belongs_to_the_seat_not_to_the_thread(one_seat):
    def serve():
        with seats.one():
            return connections[DEFAULT_DB_ALIAS] is one_seat.connection

    assert elsewhere(serve)
    assert elsewhere(serve)  # another thread, the same connection


def test_a_thread_keeps_no_connection_once_it_has_risen(one_seat):
    def serve():
        with seats.one():
            pass
        return list(connections.all(initialized_only=True))

    assert elsewhere(serve) == []


def test_a_thread_with_a_connection_of_its_own_keeps_it(one_seat):
    own = connections[DEFAULT_DB_ALIAS]
    with seats.one():
        assert connections[DEFAULT_DB_ALIAS] is own


def test_whoever_has_a_password_hashed_leaves_the_seat_to_the_others(one_seat, monkeypatch):
    """A token is redeemed while a hash is computed, though there is one seat."""
    hashing, served = threading.Event(), threading.Event()

    def encode(*_):
        hashing.set()
        assert served.wait(LONG)
        return "hashed"

    monkeypatch.setattr(passwords.Argon2PasswordHasher, "encode", encode)

    def signs_up():
        with seats.one():
            passwords.Argon2idHasher().encode("Tortue", "salt")
            return connections[DEFAULT_DB_ALIAS] is one_seat.connection

    def redeems():
        with seats.one():
            served.set()

    found = []
    thread = threading.Thread(target=lambda: found.append(signs_up()))
    thread.start()
    assert hashing.wait(LONG)
    elsewhere(redeems)
    thread.join(LONG)
    assert served.is_set()
    assert found == [True]  # and has a seat again


def test_whoever_waits_for_a_partners_address_leaves_the_seat_to_the_others(one_seat, monkeypatch):
    """Another partner's token is redeemed while this one's keys are asked for in vain."""
    asking, served = threading.Event(), threading.Event()

    class Silent:
        def __init__(self, *_, **__): ...

        def __enter__(self):
            asking.set()
            assert served.wait(LONG)
            raise TimeoutError

        def __exit__(self, *_): ...

    monkeypatch.setattr(outbound, "_Connection", Silent)

    def asks():
        with seats.one():
            with pytest.raises(outbound.OutboundError):
                outbound.get_json("https://slow.example/keys")
            return connections[DEFAULT_DB_ALIAS] is one_seat.connection

    def redeems():
        with seats.one():
            served.set()

    found = []
    thread = threading.Thread(target=lambda: found.append(asks()))
    thread.start()
    assert asking.wait(LONG)
    elsewhere(redeems)
    thread.join(LONG)
    assert found == [True]  # and has a seat again, to be answered at


def test_who_is_refused_a_hash_has_a_seat_again_to_be_told_at(one_seat, monkeypatch):
    monkeypatch.setattr(passwords, "slots", lambda: Turns([], waiting=0, patience=0))

    def signs_up():
        with seats.one():
            with pytest.raises(passwords.TooManyHashes):
                passwords.Argon2idHasher().encode("Tortue", "salt")
            return connections[DEFAULT_DB_ALIAS] is one_seat.connection

    assert elsewhere(signs_up)


@pytest.mark.django_db(transaction=True)
def test_nobody_leaves_in_the_middle_of_a_transaction(one_seat):
    def serve():
        with seats.one(), transaction.atomic(), seats.given_back():
            return connections[DEFAULT_DB_ALIAS] is one_seat.connection

    assert elsewhere(serve)


def test_a_connection_is_looked_at_each_time_that_somebody_sits_down(one_seat, monkeypatch):
    """It may have failed, or its server may have gone, since the last one was here."""
    looks = []
    monkeypatch.setattr(
        one_seat.connection, "close_if_unusable_or_obsolete", lambda: looks.append(1)
    )

    def serve():
        with seats.one():
            before = len(looks)
            with seats.given_back():
                pass
            return before, len(looks)

    assert elsewhere(serve) == (1, 2)


def test_outside_a_web_process_there_is_no_seat_to_leave(one_seat):
    with seats.given_back():
        pass
    assert elsewhere(lambda: getattr(seats._held, "seat", None)) is None

"""Ours beside other providers: ratios are those of one round, and every aim is told."""

import argparse

import pytest

from benchmarks import peers, targets
from benchmarks.targets import Beside

ROUNDS = {
    "userinfo": {"ours": [1.0, 2.0, 9.0], "keycloak": [1.0, 1.0, 3.0], "node": [0.5, 1.0, 3.0]}
}


def test_a_round_on_a_slower_machine_moves_no_ratio():
    """The third round is three times as slow for all: the median of the ratios is that of it."""
    assert peers.ratio(ROUNDS["userinfo"], "keycloak") == 2
    assert peers.ratio(ROUNDS["userinfo"], "node") == 2


def test_a_table_tells_the_distance_to_each_aim():
    row = peers.table(ROUNDS).splitlines()[2]
    assert "| userinfo | 2 [1–9] | 1 [1–3] | 1 [0.5–3] | 2.00 | 2.00 |" in row
    assert "keycloak × 1.7: 1.18 times it" in row
    assert "keycloak × 1: 2.00 times it" in row


@pytest.mark.parametrize(
    ("aim", "expected"),
    [
        (Beside("keycloak", 2.0), "keycloak × 2: met"),
        (Beside("keycloak", 1.6), "keycloak × 1.6: 1.25 times it"),
        (Beside("node", 1.3), "node × 1.3"),  # it was not there
    ],
)
def test_an_aim_is_met_at_its_edge_and_silent_without_its_peer(aim, expected):
    assert peers.verdict(aim, {"keycloak": 2.0}) == expected


def test_every_operation_has_its_two_aims():
    assert all(len(aims) == 2 for aims in targets.BESIDE_PEERS.values())
    assert set(peers.SCENARIOS) == set(targets.BESIDE_PEERS)


def test_a_peer_is_its_profile_and_the_processes_that_are_counted():
    peer = peers.Peer.read("node=/tmp/node.toml,server=12,redis=13")
    assert (peer.name, peer.profile.name) == ("node", "node.toml")
    assert peer.watch == ("server=12", "redis=13")


@pytest.mark.parametrize("text", ["node", "node=", "node=x.toml", "node=x.toml,12", "=x.toml,a=1"])
def test_a_peer_that_cannot_be_counted_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        peers.Peer.read(text)

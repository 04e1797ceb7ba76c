"""Whom an event can be about, and beside them those whom it is not about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import time_machine
from django.utils import timezone

from tests import staff
from tests.actors import EndUser
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

HERE = "192.0.2.7"  # where Moana is, and her partner's servers
WRONG, NEW = "Faux2026xy", "Baleine Bleue 2027"
DRIVERS: dict[str, Callable[["World"], dict]] = {}


@dataclass
class World:
    moana: EndUser
    partner: RelyingParty
    folder: Path
    jean: EndUser  # somebody else, and another partner
    other: RelyingParty

    def signed_in(self) -> EndUser:
        self.moana.account = self.moana.has_an_account()
        self.moana.signs_in()
        return self.moana


def produces(name: str):
    """Marks the driver of an event: it makes it happen, and returns what the row must say."""

    def register(driver):
        DRIVERS[name] = driver
        return driver

    return register


def an_agent(*roles: str) -> EndUser:
    agent = EndUser(StrictClient(REMOTE_ADDR="198.51.100.4"), email="agent@exemple.nc")
    return staff.agent(agent, *roles)


def later(**duration):
    """Some time from now."""
    return time_machine.travel(timezone.now() + timedelta(**duration))

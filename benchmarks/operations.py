"""What is measured: one operation, one line. The first one is what the others are compared with."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.visitor import Visitor


def nothing(visitor: Visitor) -> None:
    """No preparation."""


@dataclass(frozen=True)
class Operation:
    """``prepare`` runs once a connection and ``stock`` once for each time that ``operate`` will
    run, both unmeasured. ``most``: operations of one round at most."""

    name: str
    meaning: str
    operate: Callable[[Visitor], None]
    prepare: Callable[[Visitor], None] = nothing
    stock: Callable[[Visitor], None] | None = None
    variant: str = "production"
    most: int = 4000
    refreshing: bool = False


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("discovery", "the provider's metadata", Visitor.reads_discovery),
        Operation("jwks", "the provider's keys", Visitor.reads_keys),
        Operation("health", "/sante/vivant", Visitor.asks_health),
        Operation("login_page", "anonymous authorize, to the sign-in form", Visitor.opens_sign_in),
        Operation(
            "sign_in",
            "login page, credentials with argon2 as in production, code, token, userinfo",
            Visitor.signs_in,
            most=400,
        ),
        Operation(
            "sign_in_without_hash",
            "the same, argon2 at its least cost",
            Visitor.signs_in,
            variant="cheap",
            most=1000,
        ),
        Operation(
            "single_sign_on",
            "authorize with a session, token, userinfo",
            Visitor.comes_back,
            prepare=Visitor.signs_in,
            variant="cheap",
            most=1000,
        ),
        Operation(
            "refresh",
            "a refresh token for new tokens, with rotation",
            Visitor.refreshes,
            prepare=Visitor.signs_in,
            variant="cheap",
            refreshing=True,
        ),
        Operation(
            "userinfo",
            "the claims, by access token",
            Visitor.reads_userinfo,
            prepare=Visitor.signs_in,
            variant="cheap",
        ),
        Operation(
            "introspection",
            "an access token, asked about by its partner",
            Visitor.introspects,
            prepare=Visitor.signs_in,
            variant="cheap",
        ),
        Operation("sign_up_page", "the form with a new captcha", Visitor.opens_sign_up, most=1000),
        Operation(
            "captcha",
            "the nine pictures of one test",
            Visitor.sees_a_test,
            stock=Visitor.gets_a_test,
            most=60,
        ),
    )
}
REFERENCE = "discovery"

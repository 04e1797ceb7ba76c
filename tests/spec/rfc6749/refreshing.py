"""A partner that may refresh, and what it hears when it may not any more."""

from tests.relying_party import RelyingParty


def registered(**changes) -> RelyingParty:
    return RelyingParty.registered(
        grant_types=["authorization_code", "refresh_token"],
        scope="openid email offline_access",
        **changes,
    )


def refused(response) -> bool:
    return (response.status_code, response.json().get("error")) == (400, "invalid_grant")


# Of a family whose fifth token is good now, since so many seconds: which number is good
# (redemption.LEEWAY is thirty seconds).
WHICH_IS_GOOD = [
    (5, 1, True),
    (5, 3600, True),
    (4, 29, True),
    (4, 30, False),
    (4, 31, False),
    (3, 1, False),
    (6, 1, False),
    (7, 1, False),
]

"""openid-client (npm), a certified relying party: nothing to work around."""

import shutil
from contextlib import contextmanager

import pytest

from tests.clients.builds import NODE
from tests.clients.conftest import need
from tests.clients.programs import CALLBACK, HOME, running

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture
def journey(provider):
    """Starts the program, registered with these changes."""
    need(shutil.which("node"), "node")
    need((NODE / "node_modules").is_dir(), "tests/clients/build.sh")

    @contextmanager
    def starts(client_id: str, algorithm: str = "RS256", started_with=(), **metadata):
        members = {
            "client_id": client_id,
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [HOME],
            "id_token_signed_response_alg": algorithm,
            "nc_consent": "once",
        }
        provider.registers(**members | metadata)
        command = ["node", str(NODE / "openid_client.mjs")]
        with running(command, provider, client_id, ALG=algorithm, **dict(started_with)) as program:
            yield program

    return starts


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
def test_it_signs_in_reads_claims_refreshes_revokes_and_signs_out(person, journey, algorithm):
    with journey(f"openid-client-{algorithm}", algorithm) as program:
        program.hears(person.signs_in(program.says()["authorize"], until=CALLBACK))
        told = program.says()
        assert told["person"]["email"] == person.account.email
        assert told["again"] == told["person"]
        assert told["active"]["active"] is True
        assert told["claims"]["acr"] == "eidas1"
        unchanged = ("sub", "auth_time", "sid", "iss")
        assert [told["renewed"][n] for n in unchanged] == [told["claims"][n] for n in unchanged]

        program.hears("sign out")
        told = program.says()
        assert told["after"] == {"active": False}
        assert person.opens(told["logout"], until=HOME) == f"{HOME}?state=au-revoir"


def test_the_person_refuses_and_the_program_hears_it(other_person, journey):
    with journey("openid-client-refused") as program:
        address = program.says()["authorize"]
        program.hears(other_person.signs_in(address, until=CALLBACK, answer="deny"))
        assert program.says()["fault"] == "access_denied"


def test_a_wrong_secret_signs_nobody_in(person, journey):
    with journey("openid-client-wrong", started_with={"secret": "not-the-secret"}) as program:
        program.hears(person.signs_in(program.says()["authorize"], until=CALLBACK))
        assert program.says()["status"] == 401


def test_a_scope_that_is_not_registered_is_named(person, journey):
    with journey("openid-client-narrow", scope="openid email") as program:
        program.hears(person.opens(program.says()["authorize"], until=CALLBACK))
        assert program.says()["fault"] == "invalid_scope"

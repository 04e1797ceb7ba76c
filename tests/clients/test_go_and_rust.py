"""go-oidc with golang.org/x/oauth2, and Rust's openidconnect, each by its documentation."""

import re

import pytest

from oidc_provider.documentation.libraries import BY_NAME
from tests.clients.builds import built
from tests.clients.programs import CALLBACK, HOME, running

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture(params=["go-oidc", "openidconnect"])
def library(request):
    return request.param


@pytest.fixture
def partner(provider, library):
    """Registers it, with these changes; what it is started with."""

    def registers(client_id: str = library, **metadata):
        provider.registers(
            client_id=client_id,
            redirect_uris=[CALLBACK],
            post_logout_redirect_uris=[HOME],
            nc_consent="once",
            **BY_NAME[library].registration | metadata,
        )
        return [str(built(library))], provider, client_id

    return registers


def test_it_signs_in_reads_claims_refreshes_and_signs_out(provider, person, partner):
    with running(*partner()) as program:
        program.hears(person.signs_in(program.says()["authorize"], until=CALLBACK))
        told = program.says()
        assert (told["email"], told["verified"]) == (person.account.email, True)
        program.hears("expired")
        renewed = program.says()
        assert (renewed["sub"], renewed["email"]) == (told["sub"], told["email"])
    leave = f"{provider.issuer}/oidc/end-session?post_logout_redirect_uri={HOME}"
    assert person.opens(f"{leave}&id_token_hint={told['id_token']}", until=HOME) == HOME


def test_the_person_refuses_and_the_program_hears_it(partner, other_person):
    with running(*partner("refused")) as program:
        address = program.says()["authorize"]
        program.hears(other_person.signs_in(address, until=CALLBACK, answer="deny"))
        assert program.says()["fault"].startswith("access_denied")


def test_a_wrong_secret_is_told_as_a_wrong_secret(person, partner):
    """Go's oauth2 tries Basic, then the body: the second answer must not hide the first."""
    with running(*partner(), secret="not-the-secret") as program:
        program.hears(person.signs_in(program.says()["authorize"], until=CALLBACK))
        assert "client_secret: wrong" in program.says()["fault"]


def test_a_scope_that_is_not_registered_is_named(person, partner):
    with running(*partner("narrow", scope="openid email")) as program:
        program.hears(person.opens(program.says()["authorize"], until=CALLBACK))
        assert re.search("invalid_scope.*profile", program.says()["fault"])

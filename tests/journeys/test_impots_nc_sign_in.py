"""The demonstration partner's sign-in and sign-out, against a provider of published parts."""

import json
import logging
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from examples.impots_nc import app as site
from tests.journeys.compiled_once import compiled_once
from tests.journeys.published_provider import CLIENT_ID, CLIENT_SECRET, PublishedProvider

METADATA = json.loads((Path(site.__file__).parent / "client.json").read_text("utf-8"))
BASE = "http://localhost:8001"


@pytest.fixture
def provider():
    running = PublishedProvider(METADATA)
    yield running
    running.stop()


@pytest.fixture
def app(provider, tmp_path):
    made = site.create_app(
        {
            "ISSUER": provider.issuer,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "BASE_URL": BASE,
            "DATA_DIR": str(tmp_path),
        }
    )
    return compiled_once(made)


@pytest.fixture
def browser(app):
    return app.test_client()


def get(browser, path: str):
    return browser.get(path, base_url=BASE)


def ask(browser, path: str = "/connexion/nc-connect") -> str:
    """Leave for the provider; returns the address that it sends the browser back to."""
    leave = get(browser, path)
    assert leave.status_code == 302
    return requests.get(leave.location, allow_redirects=False, timeout=5).headers["Location"]


def come_back(browser, address: str):
    assert address.startswith(METADATA["redirect_uris"][0] + "?")
    return get(browser, address.removeprefix(BASE))


def is_signed_in(browser) -> bool:
    return get(browser, "/espace/creation/").status_code == 200


def form_token(browser) -> str:
    with browser.session_transaction() as session:
        return session["form_token"]


def assert_failed(browser, answer, words: str, status: int = 400) -> None:
    assert answer.status_code == status
    assert words in answer.text.replace("’", "'")
    assert 'btn" href="/connexion/nc-connect"' in answer.text
    assert not is_signed_in(browser)


def test_the_request_has_everything_that_protects_it(browser, provider):
    ask(browser)
    sent = provider.requests[0]
    assert sent["scope"] == "openid profile email"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == 43
    assert len(sent["state"]) >= 20
    assert len(sent["nonce"]) >= 20
    assert sent["redirect_uri"] == METADATA["redirect_uris"][0]
    assert sent["ui_locales"] == "fr"


def test_the_provider_is_asked_in_the_language_of_the_page(browser, provider):
    get(browser, "/?lang=en")
    ask(browser)
    assert provider.requests[0]["ui_locales"] == "en"


def test_signing_in_opens_the_first_step(browser):
    answer = come_back(browser, ask(browser))
    assert (answer.status_code, answer.location) == (303, "/espace/")
    page = get(browser, "/espace/creation/").text
    assert "test@test.nc" in page
    assert "/mon-compte/" in page


def test_the_space_is_found_again_by_sub_whatever_the_address(browser, provider, app):
    come_back(browser, ask(browser))
    fields = {"form_token": form_token(browser)}
    secrets = {"identifiant": "1042376", "cle": "KPT", "foyer": "208415"}
    browser.post("/espace/creation/", base_url=BASE, data=fields | secrets)
    browser.post("/espace/creation/confirmation/", base_url=BASE, data=fields)
    provider.email = "autre@test.nc"
    elsewhere = app.test_client()
    come_back(elsewhere, ask(elsewhere))
    assert "Foyer Banian" in get(elsewhere, "/espace/").text
    provider.sub = "person-2"
    come_back(elsewhere, ask(elsewhere))
    assert get(elsewhere, "/espace/").location == "/espace/creation/"


def test_signing_out_ends_the_provider_s_session_too(browser, provider):
    come_back(browser, ask(browser))
    token = form_token(browser)
    leave = browser.post("/deconnexion", base_url=BASE, data={"form_token": token})
    sent = parse_qs(urlsplit(leave.location).query)
    assert sent["post_logout_redirect_uri"] == METADATA["post_logout_redirect_uris"]
    back = requests.get(leave.location, allow_redirects=False, timeout=5).headers["Location"]
    assert provider.sign_outs[0]["sub"] == "person-1"
    page = get(browser, back.removeprefix(BASE)).text
    assert "Vous êtes déconnecté" in page
    assert "et NC Connect" in page
    assert not is_signed_in(browser)


def test_a_foreign_end_of_session_claims_nothing(browser):
    page = get(browser, "/deconnecte?state=invented").text
    assert "Vous êtes déconnecté" in page
    assert "et NC Connect" not in page


def test_signing_out_while_the_provider_is_down_says_so(browser, provider):
    come_back(browser, ask(browser))
    provider.stop()
    browser.application.extensions["authlib.integrations.flask_client"].create_client(
        "ncconnect"
    ).server_metadata.clear()
    data = {"form_token": form_token(browser)}
    answer = browser.post("/deconnexion", base_url=BASE, data=data)
    assert answer.status_code == 503
    assert "vous y êtes peut-être encore connecté" in answer.text
    assert not is_signed_in(browser)


def test_a_refusal_is_told_in_words(browser, provider):
    provider.refuses = True
    answer = come_back(browser, ask(browser))
    assert_failed(browser, answer, "Vous avez quitté NC Connect sans continuer.", 403)
    assert 'class="ncc-btn" href="/connexion/nc-connect"' in answer.text


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("fr", "fr"), ("x", "fr")])
def test_a_language_chosen_at_nc_connect_goes_on_here(browser, provider, locale, language):
    provider.userinfo = {"locale": locale}
    come_back(browser, ask(browser))
    assert f'<html lang="{language}"' in browser.get("/").text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("server_error", 503, "NC Connect ne répond pas pour le moment"),
        ("temporarily_unavailable", 503, "NC Connect ne répond pas pour le moment"),
        ("login_required", 400, "La connexion n'a pas abouti"),
        ("<script>", 400, "La connexion n'a pas abouti"),
    ],
)
def test_other_errors_are_told_in_words(browser, provider, error, status, words):
    state = parse_qs(urlsplit(ask(browser)).query)["state"][0]
    query = {"error": error, "state": state, "iss": provider.issuer, "error_description": "<b>x"}
    answer = browser.get("/connexion/retour", base_url=BASE, query_string=query)
    assert_failed(browser, answer, words, status)
    assert "<script>" not in answer.text
    assert "<b>x" not in answer.text


@pytest.mark.parametrize("iss", ["https://evil.example", None, ""])
def test_an_answer_of_another_issuer_is_refused(browser, provider, iss):
    """RFC 9207 § 2.4: a client MUST reject an iss that differs, and one that should be there."""
    provider.response_iss = iss
    answer = come_back(browser, ask(browser))
    assert_failed(browser, answer, "La réponse reçue ne vient pas de NC Connect.")


def test_an_answer_without_our_state_is_refused(browser, app):
    stranger = app.test_client()
    answer = come_back(browser, ask(stranger))
    assert_failed(browser, answer, "Cette demande de connexion n'est plus valable")


def test_an_answer_works_once_and_the_back_button_is_forgiven(browser, app):
    address = ask(browser)
    come_back(browser, address)
    assert come_back(browser, address).location == "/espace/"
    assert is_signed_in(browser)
    browser.delete_cookie("impots_session")
    assert_failed(browser, come_back(browser, address), "n'est plus valable")


def test_the_state_of_a_sign_out_is_no_sign_in(browser, provider):
    come_back(browser, ask(browser))
    data = {"form_token": form_token(browser)}
    leave = browser.post("/deconnexion", base_url=BASE, data=data)
    state = parse_qs(urlsplit(leave.location).query)["state"][0]
    query = {"code": "x", "state": state, "iss": provider.issuer}
    answer = browser.get("/connexion/retour", base_url=BASE, query_string=query)
    assert_failed(browser, answer, "n'est plus valable")


def test_two_tabs_both_arrive(browser):
    first, second = ask(browser), ask(browser)
    assert come_back(browser, first).location == "/espace/"
    assert come_back(browser, second).location == "/espace/"
    assert is_signed_in(browser)


def test_many_tabs_do_not_outgrow_the_cookie(browser):
    addresses = [ask(browser) for _ in range(12)]
    with browser.session_transaction() as session:
        assert len([key for key in session if key.startswith("_state_")]) == 5
    assert come_back(browser, addresses[-1]).location == "/espace/"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["another-client"]},
        {"aud": ["another-client"], "azp": CLIENT_ID},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": ""},
    ],
    ids="-".join,
)
def test_a_wrong_id_token_is_refused(browser, provider, claims):
    provider.claims = claims
    answer = come_back(browser, ask(browser))
    assert_failed(browser, answer, "La connexion n'a pas abouti")


def test_an_id_token_of_an_unknown_key_is_refused_and_a_new_key_is_found(browser, provider):
    come_back(browser, ask(browser))
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert come_back(browser, ask(browser)).location == "/espace/"
    browser.delete_cookie("impots_session")
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert_failed(browser, come_back(browser, ask(browser)), "La connexion n'a pas abouti")


def test_userinfo_of_someone_else_is_refused(browser, provider):
    """Core § 5.3.2: the sub of userinfo MUST be that of the id_token."""
    provider.userinfo = {"sub": "person-2"}
    answer = come_back(browser, ask(browser))
    assert_failed(browser, answer, "La connexion n'a pas abouti")


def test_a_code_that_was_used_is_told_in_words(browser, provider):
    address = ask(browser)
    provider.codes.clear()
    assert_failed(browser, come_back(browser, address), "La connexion n'a pas abouti")


def test_a_provider_that_is_down_is_told_and_found_again(browser, provider, app):
    port = urlsplit(provider.issuer).port
    provider.stop()
    answer = get(browser, "/connexion/nc-connect")
    assert_failed(browser, answer, "NC Connect ne répond pas pour le moment", 503)
    assert "Réessayer" in answer.text
    again = PublishedProvider(METADATA, port=port)
    try:
        assert come_back(browser, ask(browser)).location == "/espace/"
    finally:
        again.stop()


def test_a_discovery_document_of_another_issuer_is_refused(browser, provider):
    """Discovery § 4.3: the issuer MUST be identical to the address it was found under."""
    provider.issuer += "/other"
    answer = get(browser, "/connexion/nc-connect")
    assert_failed(browser, answer, "NC Connect ne répond pas pour le moment", 503)


def test_nc_connect_can_start_a_sign_in_for_itself_only(browser, provider):
    address = ask(browser, f"/connexion/initier?iss={provider.issuer}&login_hint=a@test.nc")
    assert provider.requests[0]["login_hint"] == "a@test.nc"
    assert come_back(browser, address).location == "/espace/"
    assert get(browser, "/connexion/initier?iss=https://evil.example").status_code == 400


def test_the_sign_in_starts_on_the_registered_host(browser):
    answer = browser.get("/connexion/nc-connect", base_url="http://127.0.0.1:8001")
    assert answer.location == f"{BASE}/connexion/nc-connect"


def test_no_secret_reaches_the_log(browser, caplog):
    caplog.set_level(logging.DEBUG)
    address = ask(browser)
    come_back(browser, address)
    query = parse_qs(urlsplit(address).query)
    with browser.session_transaction() as session:
        secrets = [query["code"][0], session["visit"], CLIENT_SECRET]
    ours = [record for record in caplog.records if record.name != "werkzeug"]
    lines = "\n".join(record.getMessage() for record in ours)
    assert not [secret for secret in secrets if secret in lines]
    assert "code_verifier" not in lines

"""The demonstration partner alone: its pages, its three secrets, its spaces, its database."""

import ast
import gzip
import json
import re
import threading
from pathlib import Path

import pytest
import time_machine

from examples.impots_nc import app as site
from examples.impots_nc.config import ConfigurationError, load_settings
from examples.impots_nc.store import TRIES_ALLOWED, FileAlreadyAttached, Store
from examples.impots_nc.texts import english
from examples.impots_nc.visits import FORM_TOKEN, VISIT_KEY
from tests.journeys.compiled_once import compiled_once

FOLDER = Path(site.__file__).parent
ISSUER = "http://127.0.0.1:9"  # nothing listens there
RIGHT = {"identifiant": "1042376", "cle": "KPT", "foyer": "208415"}
PAGES = [
    "/",
    "/notices/",
    "/notices/creer-mon-compte-personnel/",
    "/notices/s-abonner-au-teleservice/",
    "/infos/demande-de-dossier-fiscal/",
    "/infos/a-propos/",
]


@pytest.fixture
def environment(tmp_path):
    return {
        "ISSUER": ISSUER,
        "CLIENT_ID": "impots-nc",
        "CLIENT_SECRET": "unused",
        "DATA_DIR": str(tmp_path),
    }


@pytest.fixture
def app(environment):
    return compiled_once(site.create_app(environment))


@pytest.fixture
def sign_in(app):
    """A browser with a visit of its own, as the callback leaves it."""

    def open_browser(sub: str):
        browser = app.test_client()
        store = app.extensions["impots_nc_store"]
        key = store.open_visit(iss=ISSUER, sub=sub, email="a@test.nc", id_token="the-id-token")
        with browser.session_transaction() as session:
            session.update({VISIT_KEY: key, FORM_TOKEN: "token"})
        return browser

    return open_browser


def post(browser, path: str, **fields: str):
    return browser.post(path, data={"form_token": "token", **fields})


def attach(browser, secrets=RIGHT):
    """Both steps; returns the answer of « Valider »."""
    post(browser, "/espace/creation/", **secrets)
    return post(browser, "/espace/creation/confirmation/")


def plain(text: str) -> str:
    """As the notice is compared: plain apostrophes, spaces and quotation marks."""
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("\xa0", " ").replace("&#39;", "'"))


def test_home_page_has_the_words_of_the_notice(app):
    page = plain(app.test_client().get("/").text)
    for words in (
        "Se connecter",
        "Accédez à tous les services en vous connectant avec un seul identifiant et mot de passe",
        "S'identifier avec</span> <b>NC Connect</b>",
        "En savoir plus sur NC Connect",
        "Vos démarches fiscales en ligne, c'est :",
        *("Facile", "Rapide", "Sûr", "Pratique", "Actualités", "NOUVEAU téléservice"),
        "Pas encore inscrit ? Découvrez notre site en vidéo !",
        *("Étape 1", "Créer son compte personnel", "Étape 2", "S'abonner au service"),
        *("Professionnels", "Activer pour votre société", "Particuliers", "Déclarer vos revenus"),
        *("Nouveau", "Déclaration des SCI", "Notices"),
    ):
        assert words in page
    assert f'href="{ISSUER}/en-savoir-plus/"' in page


def test_first_step_has_the_words_of_the_notice(sign_in):
    page = plain(sign_in("a").get("/espace/creation/").text)
    for words in (
        *("Déconnexion", "DSF", "Direction des Services Fiscaux", "Accueil"),
        *("Création de l'espace privé", "Étape 1/2", "Étape 2/2"),
        "Saisie de l'identifiant et du numéro de foyer",
        "Vous êtes sur le point de créer votre espace « Démarches personnelles »",
        "afin de pouvoir réaliser vos démarches fiscales en ligne.",
        "Les identifiants demandés ici sont vos identifiants personnels,",
        "pour savoir où les trouver, cliquez sur les boutons « i ».",
        "Si vous n'avez jamais déclaré d'impôt en Nouvelle-Calédonie",
        "Demander la création de votre dossier fiscal",
        *("Identifiant fiscal", "Clé", "Numéro de foyer", "* Champs obligatoires"),
        "Étape suivante",
    ):
        assert words in page


@pytest.mark.parametrize("path", PAGES)
def test_page_is_safe_and_light(app, path):
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert not re.search(r"<script|<style| style=| on[a-z]+=", answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert f"form-action 'self' {ISSUER};" in policy
    assert "Set-Cookie" not in answer.headers
    style = (FOLDER / "static" / "impots.css").read_bytes()
    assert len(gzip.compress(answer.data)) + len(gzip.compress(style)) < 15_000


def test_every_link_of_the_public_pages_leads_to_a_page(app):
    browser, seen, waiting = app.test_client(), set(), {"/"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        with browser.get(path) as answer:
            assert answer.status_code == (403 if path.startswith("/espace/") else 200), path
            links = re.findall(r'href="(/[^"?#]*)', answer.text)
        waiting |= {link for link in links if not link.startswith("/connexion/")} - seen
    assert len([path for path in seen if re.fullmatch(r"/notices/.+/", path)]) == 6


def test_language_is_asked_for_then_remembered(app):
    browser = app.test_client()
    assert 'lang="en"' in browser.get("/?lang=en").text
    assert "Your tax services online are:" in browser.get("/").text
    assert 'html lang="fr"' in browser.get("/?lang=fr").text
    assert 'html lang="fr"' in browser.get("/?lang=xx").text


def test_every_french_sentence_has_its_english():
    env = site.Flask(__name__).jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.newstyle_gettext = True
    texts = set()
    for template in (FOLDER / "templates").glob("*.html"):
        for _, _, text in env.extract_translations(template.read_text("utf-8")):
            texts.add(text[0] if isinstance(text, tuple) else text)
    for module in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                texts.add(node.args[0].value)
    texts.discard(None)  # the title of a table entry, marked where the table stands
    assert texts == set(english())
    assert not [text for text in texts if re.search(r"['\"]|« | »| [:;?!]", text)]


def test_articles_have_the_same_shape_in_both_languages():
    def shape(value):
        if isinstance(value, list):
            return [shape(item) for item in value]
        if isinstance(value, dict):
            kept = ("slug", "kind", "href", "provider")
            return {k: v if k in kept else shape(v) for k, v in value.items()}
        return type(value)

    french, english_ = (
        json.loads((FOLDER / "catalogue" / f"articles.{lang}.json").read_text("utf-8"))
        for lang in ("fr", "en")
    )
    assert shape(french) == shape(english_)


def test_three_secrets_then_confirmation_create_the_space(sign_in):
    browser = sign_in("a")
    step = post(browser, "/espace/creation/", identifiant="1 042-376", cle="kpt", foyer="208 415")
    assert step.location == "/espace/creation/confirmation/"
    assert "Foyer Banian" in browser.get(step.location).text
    assert post(browser, step.location).location == "/espace/"
    page = plain(browser.get("/espace/").text)
    assert "Votre espace « Démarches personnelles » est créé." in page
    assert all(words in page for words in ("Foyer Banian", "2025", "Vos démarches"))
    again = plain(sign_in("a").get("/espace/").text)
    assert "Foyer Banian" in again
    assert "est créé" not in again


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"identifiant": ""}, "Saisissez votre identifiant fiscal"),
        ({"identifiant": "12"}, "L'identifiant fiscal compte 7 chiffres"),
        ({"cle": "K1T"}, "La clé compte 3 lettres"),
        ({"foyer": "２０８４１５"}, "Le numéro de foyer compte 6 chiffres"),
        ({"cle": "AAA"}, "Ces trois informations ne correspondent à aucun dossier fiscal."),
        ({"foyer": "999999"}, "Ces trois informations ne correspondent à aucun dossier fiscal."),
        ({"identifiant": "9999999"}, "Ces trois informations ne correspondent à aucun"),
    ],
)
def test_wrong_secrets_are_told_and_what_was_typed_stays(sign_in, changed, words):
    browser = sign_in("a")
    answer = post(browser, "/espace/creation/", **RIGHT | changed)
    page = plain(answer.text)
    assert answer.status_code == 422
    assert words in page
    assert "<title>Erreur :" in page
    assert 'role="alert" id="erreurs" tabindex="-1" autofocus' in page
    kept = (RIGHT | changed)["cle"]
    assert f'name="cle" value="{kept}"' in page
    assert browser.get("/espace/creation/confirmation/").location == "/espace/"


def test_confirmation_without_the_secrets_creates_nothing(sign_in):
    browser = sign_in("a")
    assert post(browser, "/espace/creation/confirmation/", tax_id="1042376").location == "/espace/"
    assert browser.get("/espace/").location == "/espace/creation/"


def test_one_tax_file_is_never_attached_to_two_people(sign_in):
    first, second = sign_in("a"), sign_in("b")
    post(first, "/espace/creation/", **RIGHT)
    post(second, "/espace/creation/", **RIGHT)
    assert post(first, "/espace/creation/confirmation/").status_code == 303
    refused = post(second, "/espace/creation/confirmation/")
    assert refused.status_code == 422
    assert "déjà rattaché à un autre compte" in plain(refused.text)
    post(first, "/espace/fermeture/")
    assert attach(second).location == "/espace/"


def test_of_parallel_people_exactly_one_gets_the_file(tmp_path):
    store = Store(tmp_path / "db", b"secret")
    keys = [store.open_visit(iss=ISSUER, sub=str(n), email="", id_token="") for n in range(8)]
    visits = [store.visit(key) for key in keys]
    outcomes, start = [], threading.Barrier(len(visits))

    def try_it(visit):
        start.wait()
        try:
            outcomes.append(store.create_space(visit, "1042376"))
        except FileAlreadyAttached:
            outcomes.append(False)

    threads = [threading.Thread(target=try_it, args=(visit,)) for visit in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True]


def test_a_second_space_is_not_made_by_a_double_click(sign_in):
    browser = sign_in("a")
    attach(browser)
    assert attach(browser, {"identifiant": "1187520", "cle": "RBM", "foyer": "214903"}).status_code
    assert "Foyer Banian" in browser.get("/espace/").text


def test_guessing_is_limited_and_the_limit_passes(sign_in):
    with time_machine.travel("2026-11-22T00:00:00Z", tick=False) as clock:
        browser = sign_in("a")
        for _ in range(TRIES_ALLOWED):
            assert post(browser, "/espace/creation/", **RIGHT | {"cle": "AAA"}).status_code == 422
        limited = post(browser, "/espace/creation/", **RIGHT)
        assert limited.status_code == 429
        assert limited.headers["Retry-After"] == "900"
        clock.shift(901)
        assert post(browser, "/espace/creation/", **RIGHT).status_code == 303


def test_a_form_of_another_site_is_refused(sign_in):
    browser = sign_in("a")
    for path in ("/espace/creation/", "/espace/fermeture/", "/deconnexion"):
        answer = browser.post(path, data={**RIGHT, "form_token": "forged"})
        assert answer.status_code == 400
    assert browser.get("/espace/creation/").status_code == 200


def test_an_ended_visit_is_told_in_words(sign_in):
    with time_machine.travel("2026-11-22T00:00:00Z", tick=False) as clock:
        browser = sign_in("a")
        clock.shift(29 * 60)
        assert browser.get("/espace/creation/").status_code == 200
        clock.shift(31 * 60)
        answer = browser.get("/espace/")
        assert answer.status_code == 403
        assert "Vous avez été déconnecté" in answer.text
        assert 'class="ncc-btn" href="/connexion/nc-connect"' in answer.text


def test_an_id_token_cannot_be_read_from_the_database_or_the_cookie(app, sign_in, tmp_path):
    browser = sign_in("a")
    browser.get("/espace/creation/")
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    key = browser.get_cookie("impots_session").value
    assert b"the-id-token" not in files
    assert "the-id-token" not in key
    with browser.session_transaction() as session:
        assert session[VISIT_KEY].encode() not in files
        assert app.extensions["impots_nc_store"].close_visit(session[VISIT_KEY]) == "the-id-token"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/inconnu", 404),
        ("get", "/notices/inconnue/", 404),
        ("get", "/infos/creer-mon-compte-personnel/", 404),
        ("get", "/deconnexion", 405),
        ("post", "/", 405),
        ("get", "/connexion/retour", 400),
        ("get", "/connexion/retour?state=a&state=b", 400),
        ("get", "/connexion/retour?state=%00&code=x&iss=%FF", 400),
        ("get", "/connexion/initier", 400),
        ("get", "/connexion/initier?iss=https://evil.example", 400),
        ("post", "/espace/creation/", 403),
        ("get", "/connexion/nc-connect", 503),
    ],
)
def test_an_odd_request_gets_a_page_in_words(app, method, path, status):
    answer = getattr(app.test_client(), method)(path, base_url="http://localhost:8001")
    assert answer.status_code == status
    assert 'btn" href="/' in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_an_oversize_form_is_refused(sign_in):
    answer = post(sign_in("a"), "/espace/creation/", identifiant="1" * 20_000)
    assert answer.status_code == 413


def test_configuration_faults_are_told_together():
    with pytest.raises(ConfigurationError) as fault:
        load_settings({"ISSUER": "http://connect.example", "BASE_URL": "ftp://x"})
    for name in ("CLIENT_ID", "CLIENT_SECRET", "BASE_URL", "ISSUER must use https"):
        assert name in str(fault.value)


def test_the_drawn_secret_is_kept_and_private(environment, tmp_path):
    first, second = load_settings(environment), load_settings(environment)
    assert first.session_secret == second.session_secret
    assert len(first.session_secret) >= 48
    assert (tmp_path / "impots_nc.secret").stat().st_mode & 0o077 == 0
    assert first.session_secret.decode() not in repr(first)

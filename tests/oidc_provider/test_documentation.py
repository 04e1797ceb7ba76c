"""The pages for partners: whole in each language, true to the code, light."""

import ast
import gzip
import itertools
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import translation
from PIL import Image

from oidc_provider import legacy
from oidc_provider.claims import table
from oidc_provider.documentation import examples, facts, views
from oidc_provider.grants import redemption, refusal
from oidc_provider.partners import client_assertions, metadata
from oidc_provider.wire.errors import PAGES as SHOWN
from tests.architecture.page import Page
from tests.architecture.test_locale import MISSING_NO_BREAK_SPACE, STRAIGHT_APOSTROPHE
from tests.browser.french import NAMES, WORDS

CODE = Path(views.__file__).parents[1]
BUDGET = 15 * 1024
STYLES = ("css/ncconnect.css", "css/documentation.css", "bouton/ncconnect.css")
ADDRESSES = [
    *(reverse(page.name) for page in views.PAGES),
    *(reverse("documentation_example", args=[folder]) for folder in examples.BY_FOLDER),
]
PROSE = [reverse(page.name) for page in views.PAGES]
# RFC 6749, 6750, 7591; OpenID Connect Core, section 3.1.2.6, and unmet_authentication_requirements:
# whatever of these stands in the code as a text may be sent.
REGISTERED = frozenset(
    [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "insufficient_scope",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "invalid_target",
        "invalid_token",
        "login_required",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unmet_authentication_requirements",
        "unsupported_grant_type",
        "unsupported_response_type",
        "unsupported_token_type",
    ]
)


def read(client, address: str, language: str = "fr") -> Page:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    response = client.get(address)
    assert response.status_code == 200
    return Page(response)


def texts(page: Page) -> str:
    """What is read of the article, without code and without what is in another language."""
    return " ".join(_texts(page))


def _texts(page: Page):
    for tag in page.tags:
        told = {"h1", "h2", "h3", "p", "li", "dd", "dt", "th", "td", "text", "figcaption"}
        if tag.name in told and "article" in tag.ancestors:
            hidden = [
                t.text for t in page.tags if t.name in ("code", "pre") or "lang" in t.attributes
            ]
            text = tag.text
            for code in sorted(hidden, key=len, reverse=True):
                text = text.replace(code, "…") if code.strip() else text
            yield " ".join(text.split())


# --- Whole


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", views.WRITTEN_IN)
def test_page_is_whole_and_light(client, address, language):
    page = read(client, address, language)
    assert len(page.find("h1")) == 1
    assert page.find("html")[0]["lang"] == language
    levels = [int(t.name[1]) for t in page.tags if t.name in ("h1", "h2", "h3")]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    styles = sum(len(gzip.compress(Path(finders.find(s)).read_bytes(), 9)) for s in STYLES)
    body = client.get(address).content
    assert len(gzip.compress(body)) + styles <= BUDGET


@pytest.mark.parametrize("address", ADDRESSES)
def test_links_inside_the_documentation_lead_somewhere(client, address):
    for link in read(client, address).find("a"):
        target, _, fragment = link["href"].partition("#")
        if fragment and target.startswith(("/partenaires/", "")) and ":" not in target:
            assert fragment in read(client, target or address).ids()
        elif target.startswith("/partenaires/documentation/"):
            assert client.get(target).status_code == 200


def test_an_unknown_example_is_not_found(client):
    assert client.get("/partenaires/documentation/exemples/cobol/").status_code == 404


# --- The same in both languages


@pytest.mark.parametrize("address", PROSE)
def test_both_languages_have_the_same_parts(client, address):
    def shape(language: str) -> list:
        page = read(client, address, language)
        told = [t for t in page.tags if "article" in t.ancestors]
        kept = ("h2", "h3", "li", "dt", "dd", "th", "td", "pre", "img", "table", "svg", "a")
        return [(t.name, t.get("id"), t.get("href")) for t in told if t.name in kept]

    assert shape("fr") == shape("en")


@pytest.mark.parametrize("address", PROSE)
def test_both_languages_show_the_same_code(client, address):
    def shown(language: str) -> set:
        page = read(client, address, language)
        return {t.text for t in page.find("code") if "article" in t.ancestors}

    own = {t for t in shown("fr") ^ shown("en") if "ncc-btn" not in t}  # the button has words
    assert own == set()


@pytest.mark.parametrize(
    "template", sorted(Path(CODE.parent, "templates").glob("oidc_provider/documentation/fr/*.html"))
)
def test_french_has_its_typography(template):
    told = re.sub(
        r"<pre.*?</pre>|<code>.*?</code>|<[^>]+>|\{%.*?%\}",
        "…",
        template.read_text(),
        flags=re.DOTALL,
    )
    assert not MISSING_NO_BREAK_SPACE.search(told)
    assert not STRAIGHT_APOSTROPHE.search(told)


@pytest.mark.parametrize("name", [page.template for page in views.PAGES])
def test_english_is_english(name):
    template = Path(CODE.parent, f"templates/oidc_provider/documentation/en/{name}.html")
    told = re.sub(
        r'<(\w+) lang="fr">.*?</\1>|<pre.*?</pre>|<code>.*?</code>|<[^>]+>|\{%.*?%\}|\{\{.*?\}\}',
        " ",
        template.read_text(),
        flags=re.DOTALL,
    )
    assert WORDS.findall(NAMES.sub("", told)) == []


# --- True to the code


def _constants(tree: ast.AST):
    return (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str)


def trees() -> list[ast.AST]:
    """The provider's code, without this documentation."""
    files = [f for f in CODE.rglob("*.py") if "documentation" not in f.parts]
    return [ast.parse(file.read_text()) for file in files if "migrations" not in file.parts]


def calls(name: str, argument: int) -> set[str]:
    """The literal argument of each call of ``name``."""
    return {
        node.args[argument].value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == name
        and len(node.args) > argument
        and isinstance(node.args[argument], ast.Constant)
    }


def listed(client, kind: str) -> set[str]:
    ids = read(client, reverse("documentation_errors")).ids()
    return {i.partition("-")[2] for i in ids if i.startswith(f"{kind}-") and i.count("-") == 1}


def test_every_page_of_ours_is_in_the_catalogue(client):
    assert listed(client, "page") == set(SHOWN)


@pytest.mark.parametrize("language", views.WRITTEN_IN)
def test_pages_of_ours_are_named_by_their_own_title(client, language):
    page = read(client, reverse("documentation_errors"), language)
    told = [t.text for t in page.find("dt")]
    with translation.override(language):
        for name, words in SHOWN.items():
            line = next(text for text in told if text.startswith(f"{name} "))
            assert str(words.title) in line


def test_every_code_that_stands_in_the_code_is_in_the_catalogue(client):
    standing = {text for tree in trees() for text in _constants(tree)} & REGISTERED
    in_userinfo = set(
        re.findall(r'error="(\w+)"', (CODE / "resources" / "userinfo.py").read_text())
    )
    names = ("request", "request_uri", "registration")  # made of a name in check_request_object
    sent = standing | in_userinfo | {f"{name}_not_supported" for name in names}
    told = listed(client, "authorize") | listed(client, "token") | listed(client, "userinfo")
    assert told == sent
    assert in_userinfo == listed(client, "userinfo")


def test_every_code_sent_to_a_redirect_uri_is_in_its_part(client):
    sent = calls("Redirected", 0) | calls("_unless_silent", 2)
    assert sent <= listed(client, "authorize")


def test_every_code_of_the_token_endpoint_is_in_its_part(client):
    assert calls("Refused", 0) | calls("NotGiven", 0) == listed(client, "token")


def test_every_parameter_that_can_be_at_fault_is_in_the_catalogue(client):
    """A description begins with the parameter's name."""
    prefix = "authorize-invalid_request-"
    page = read(client, reverse("documentation_errors"))
    told = {i.removeprefix(prefix) for i in page.ids() if i.startswith(prefix)}
    source = "".join((CODE / "authorize" / f"{n}.py").read_text() for n in ("checks", "views"))
    faults = re.findall(r'Redirected\(\s*"invalid_request",\s*f?"(\w+): ', source)
    assert told == set(faults) | {"any"}


def test_every_claim_has_its_format_and_an_example(client):
    assert set(facts.FORMATS) == set(table.CLAIMS)
    page = read(client, reverse("documentation_claims"))
    assert {f"donnee-{name}" for name in table.CLAIMS} <= page.ids()
    shown = next(t.text for t in page.find("pre") if '"sub"' in t.text)
    assert set(json.loads(shown)) == {"sub", *table.CLAIMS}


def test_every_scope_is_told_with_what_it_gives(client):
    rows = {scope.name: given for scope, given in facts.scope_rows()}
    assert list(rows) == list(table.SCOPES)
    assert rows["email"] == ["email", "email_verified"]


def test_lives_are_those_of_the_code(client):
    text = texts(read(client, reverse("documentation_claims")))
    assert f"{settings.ID_TOKEN_TIME.seconds // 60} minutes" in text
    assert facts.lives()["code_tries"] == refusal.MAX_FAILURES


def test_former_addresses_are_those_that_answer(client):
    page = read(client, reverse("documentation_migration"))
    shown = {t.text for t in page.find("code") if "td" in t.ancestors}
    answering = {
        f"/{path}"
        for family in legacy.FAMILIES
        for paths in family.paths.values()
        for path in paths
    }
    assert "/v2/oauth/authorize" in answering
    assert {path for path in answering if "//" not in path} <= shown


# --- The examples and the button


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda example: example.folder)
def test_example_is_shown_as_it_is(client, example):
    page = read(client, reverse("documentation_example", args=[example.folder]))
    shown = [t.text for t in page.find("pre")]
    for _name, text in example.shown:
        assert text.replace("\u00a0", " ") in shown


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda example: example.folder)
def test_example_is_registered_from_where_it_lies(client, example):
    page = read(client, reverse("documentation_example", args=[example.folder]))
    command = next(t.text for t in page.find("pre") if "register_relying_party" in t.text)
    assert command.startswith("DEMO_MODE=1 .venv/bin/python manage.py ")
    assert (CODE.parent / command.split()[-1]).is_file()


@pytest.mark.parametrize("language", views.WRITTEN_IN)
def test_every_member_of_a_registration_is_told(client, language):
    page = read(client, reverse("documentation"), language)
    shown = next(t.text for t in page.find("pre") if "client_name" in t.text)
    assert metadata.validate(json.loads(shown))
    told = {t.text for t in page.find("code") if "dt" in t.ancestors}
    assert metadata.MEMBERS.keys() - json.loads(shown).keys() <= told
    assert f"{client_assertions.MAX_LIFETIME // 60} minutes" in texts(page)


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda example: example.folder)
def test_example_listens_where_it_says(example):
    port = urlsplit(example.home).port
    assert str(port) in "".join((example.start, *(text for _name, text in example.shown[:-1])))


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda example: example.folder)
def test_registration_of_an_example_is_accepted(example, settings):
    from oidc_provider.partners.metadata import validate

    settings.DEMO_MODE = True
    fields = validate(json.loads(examples.read(example.folder, "client.json")))
    assert fields["redirect_uris"].startswith("http://localhost:500")


def test_the_image_of_the_service_carries_the_examples():
    assert "!docs/partners/examples" in (CODE.parent / ".dockerignore").read_text().split()


def test_snippet_of_the_button_is_what_can_be_copied(client):
    shown = [t.text for t in read(client, reverse("button")).find("pre")]
    assert '<span class="ncc-t">S’identifier avec</span> <b>NC Connect</b>' in shown[0]
    assert shown[1] == Path(finders.find("bouton/ncconnect.css")).read_text()
    assert "{" not in shown[0]


@pytest.mark.parametrize(
    ("name", "sun"), [("ncconnect", 0xFFFFFF), ("ncconnect-inverse", 0x00566B)]
)
@pytest.mark.parametrize("scale", [1, 2])
def test_pictures_of_the_mark_are_those_of_its_drawing(name, sun, scale):
    file = f"bouton/{name}{'@2x' if scale == 2 else ''}.png"
    with Image.open(finders.find(file)) as picture:
        pixels = picture.convert("RGBA")
    assert pixels.size == (36 * scale, 36 * scale)
    middle = pixels.getpixel((18 * scale, 12 * scale))
    assert middle == (*sun.to_bytes(3, "big"), 255)
    assert pixels.getpixel((0, 0))[3] == 0


# --- What strangers stumbled over, told where they look for it

STUMBLED = {
    "documentation_libraries": {
        "idToken: false",
        "end_session_endpoint",
        "id_token_hint",
        settings.ISSUER,
    },
    "documentation_claims": {"userinfo_endpoint"},
    "documentation_errors": {"bibliotheque-iss", f"<code>{settings.ISSUER}</code>"},
    "documentation_migration": {
        *("keycloak-js", "oidc-client-ts", "id_token_hint", "invalid_scope"),
        *(f"<code>{scope}</code>" for scope in ("openid", "identite_pivot", "profile", "email")),
    },
    "documentation": {"/.well-known/oauth-authorization-server", "CORS", "revoke"},
}


@pytest.mark.parametrize("language", views.WRITTEN_IN)
@pytest.mark.parametrize("name", STUMBLED)
def test_it_is_told(client, name, language):
    read(client, reverse(name), language)
    page = client.get(reverse(name)).content.decode()
    assert {each for each in STUMBLED[name] if each not in page} == set()


@pytest.mark.parametrize("language", views.WRITTEN_IN)
def test_the_time_of_a_rotated_token_is_the_codes_own(client, language):
    """On the three pages that tell it."""
    seconds = re.compile(rf"\b{redemption.LEEWAY.seconds}\s(secondes|more seconds|seconds)\b")
    for name in ("documentation_claims", "documentation_errors", "documentation_migration"):
        assert seconds.search(texts(read(client, reverse(name), language))), name


# --- The way there


@pytest.mark.django_db
def test_partners_page_and_discovery_lead_to_it(client):
    address = reverse("documentation")
    links = {t["href"] for t in read(client, reverse("partners")).find("a")}
    assert address in links
    assert address in {t["href"] for t in read(client, reverse("learn_more")).find("a")}
    known = client.get("/.well-known/openid-configuration").json()
    assert known["service_documentation"].endswith(address)

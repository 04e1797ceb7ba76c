"""The pages that explain: whole, light, the same frame around each, no database needed.

None of them may touch the database: pytest-django refuses it. Only the first page reads there which
services it shows, and it says the rest without them.
"""

import gzip
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.architecture.page import Page

NAMES = (
    *("home", "help", "terms", "legal", "privacy", "accessibility", "contact"),
    *("learn_more", "easy_read"),
)
FOOTER = (
    *("home", "learn_more", "partners", "easy_read", "help", "contact"),
    *("terms", "legal", "privacy", "accessibility"),
)
BUDGET = 15 * 1024
STYLES = ("css/ncconnect.css", "css/pages.css")


READS_SERVICES = pytest.param("home", marks=pytest.mark.django_db)


@pytest.fixture(params=[READS_SERVICES, *NAMES[1:]])
def name(request) -> str:
    return request.param


@pytest.fixture(params=[code for code, _ in settings.LANGUAGES])
def language(request, client) -> str:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = request.param
    return request.param


def get(client, name: str) -> Page:
    response = client.get(reverse(name))
    assert response.status_code == 200
    return Page(response)


def compressed(static_file: str) -> int:
    return len(gzip.compress(Path(finders.find(static_file)).read_bytes(), 9))


def test_page_has_one_heading_a_title_and_its_language(client, name, language):
    page = get(client, name)
    assert len(page.find("h1")) == 1
    assert "NC Connect" in page.title()
    assert page.find("html")[0]["lang"] == language


def test_first_link_skips_to_the_content(client, name):
    page = get(client, name)
    first = page.find("a")[0]
    (main,) = page.find("main")
    assert first["href"] == "#" + main["id"]
    assert main["tabindex"] == "-1"


def test_headings_skip_no_level(client, name):
    levels = [int(t.name[1]) for t in get(client, name).tags if t.name in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_footer_leads_to_the_same_pages_everywhere(client, name):
    links = [tag["href"] for tag in get(client, name).find("a") if "footer" in tag.ancestors]
    assert links == [reverse(other) for other in FOOTER]


def test_every_link_of_a_page_leads_somewhere(client, name):
    hrefs = [tag.get("href") for tag in get(client, name).find("a")]
    assert all(hrefs)


def test_page_is_light(client, name, language):
    page = len(gzip.compress(client.get(reverse(name)).content))
    assert page + sum(compressed(style) for style in STYLES) <= BUDGET


def test_stylesheet_weighs_at_most_five_kilobytes():
    assert compressed(STYLES[0]) <= 5 * 1024


def test_page_is_french_with_no_preference_and_english_when_asked(client):
    assert get(client, "help").find("h1")[0].text == "Aide"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert get(client, "help").find("h1")[0].text == "Help"


def test_language_links_keep_the_query(client):
    page = Page(client.get(reverse("help"), {"next": "/oidc/authorize?a=b&c=d"}))
    english = page.find("a", hreflang="en")[0]
    assert english["href"] == "?next=%2Foidc%2Fauthorize%3Fa%3Db%26c%3Dd&lang=en"
    assert english["lang"] == "en"
    assert not page.find("a", hreflang="fr")  # the page is in French


@pytest.mark.parametrize("name", ["terms", "legal", "privacy", "accessibility"])
def test_legal_text_says_that_it_is_a_draft(client, name):
    assert "Projet de texte, à valider" in get(client, name).find("main")[0].text


def test_accessibility_is_not_compliant_until_an_audit(client):
    page = get(client, "accessibility")
    assert "non conforme" in page.title()
    assert "aucun audit" in page.find("main")[0].text


def test_terms_show_the_version_that_people_accept(client):
    assert settings.TERMS_VERSION in get(client, "terms").find("main")[0].text


def test_every_cookie_is_told_with_its_true_life(client):
    from accounts import browser

    rows = {t.text for t in get(client, "privacy").find("code")}
    assert rows == {
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
        "messages",
        browser.ATTEMPT,
        browser.LINK,
        browser.DEVICE,
    }
    lives = " ".join(t.text for t in get(client, "privacy").find("td"))
    assert "180 jours" in lives
    assert "3 jours" in lives
    assert "30 minutes sans activité" in lives


def test_demonstration_site_says_so(client, settings):
    settings.DEMO_MODE = True
    assert "Site de démonstration" in get(client, "help").find("header")[0].text
    settings.DEMO_MODE = False
    assert "Site de démonstration" not in get(client, "help").find("header")[0].text


def test_pages_are_read_only(client):
    assert client.post(reverse("help")).status_code == 405


def test_search_engines_stay_out_of_the_journeys(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /connexion/" in text
    assert "Disallow: /aide/" not in text


@pytest.mark.parametrize("style", STYLES)
def test_white_words_stand_on_a_ground_that_every_browser_paints(style):
    """Browsers without CSS variables drop the declarations that use one: white on white."""
    for rule in re.findall(r"\{([^{}]*)\}", Path(finders.find(style)).read_text()):
        white = re.search(r"(?<!-)color:\s*#fff(?![^;}]*important)", rule)
        if white and "background" in rule:
            assert re.search(r"background(-color)?:\s*#", rule), rule

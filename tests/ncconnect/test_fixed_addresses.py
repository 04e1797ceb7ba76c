"""What browsers and researchers look for at addresses that others have fixed."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone


def test_a_researcher_learns_whom_to_tell_of_a_fault(client, settings):
    settings.SECURITY_EMAIL = "securite@exemple.nc"
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"] == "mailto:securite@exemple.nc"
    assert fields["Canonical"] == f"{settings.ORIGIN}/.well-known/security.txt"
    left = datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert timedelta(days=170) < left < timedelta(days=365)


def test_a_password_manager_is_led_to_the_page_that_changes_the_password(client):
    answer = client.get("/.well-known/change-password")
    assert (answer.status_code, answer["Location"]) == (302, "/mon-compte/mot-de-passe/")


@pytest.mark.parametrize(
    ("path", "begins"),
    [("/favicon.ico", b"\x00\x00\x01\x00"), ("/apple-touch-icon.png", b"\x89PNG")],
)
def test_the_mark_is_where_browsers_look_for_it(client, path, begins):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert "max-age=86400" in answer["Cache-Control"]


def test_the_manifest_leads_to_pictures_that_are_there(client):
    facts = client.get("/site.webmanifest").json()
    assert facts["name"] == "NC Connect"
    assert facts["display"] == "browser"  # people see the address that they type a password at
    for icon in facts["icons"]:
        picture = b"".join(client.get(icon["src"]))
        width = int.from_bytes(picture[16:20], "big")
        assert icon["sizes"] == f"{width}x{width}"


def test_every_page_names_the_manifest(client):
    assert re.search(r'<link rel="manifest" href="/site\.webmanifest">', client.get("/aide/").text)

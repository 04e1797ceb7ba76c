"""The demonstration mailbox."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ncconnect.mail.models import Outbox
from tests.page_forms import form_to

pytestmark = pytest.mark.django_db


def test_programs_read_every_mail_newest_first(client, outbox_row, settings):
    outbox_row(to="first@exemple.nc", created_at=timezone.now() - timedelta(minutes=1))
    outbox_row(to="second@exemple.nc")
    messages = client.get("/demo/boite-mail/messages.json").json()
    assert [message["to"] for message in messages] == ["second@exemple.nc", "first@exemple.nc"]
    assert set(messages[0]) == {"to", "subject", "text", "html", "sent_at"}
    assert f"{settings.ORIGIN}/activation/" in messages[0]["text"]


def test_people_find_a_mail_in_the_list_and_open_it(client, outbox_row):
    row = outbox_row(to="<b>moana</b>@exemple.nc")
    page = client.get(reverse("mailbox")).content.decode()
    assert reverse("mailbox_message", args=[row.pk]) in page
    assert "<b>moana" not in page
    message = client.get(reverse("mailbox_message", args=[row.pk])).content.decode()
    assert row.message_id.strip("<>") in message
    assert "Auto-Submitted" in message


def test_an_empty_mailbox_says_so(client):
    assert "Aucun e-mail" in client.get(reverse("mailbox")).content.decode()


def test_the_frame_shows_the_mail_and_nothing_else_runs(client, outbox_row):
    row = outbox_row()
    page = client.get(reverse("mailbox_message", args=[row.pk]))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    # The suite's client refuses inline styles, and a mail is made of them.
    frame = Client(SERVER_NAME="localhost").get(reverse("mailbox_html", args=[row.pk]))
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-top-navigation-by-user-activation" in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert frame["Referrer-Policy"] == "no-referrer"
    assert '<base target="_top">' in frame.content.decode()


def test_a_mail_is_deleted_by_post_alone(client, outbox_row):
    row = outbox_row()
    address = reverse("mailbox_message", args=[row.pk])
    form = form_to(client.get(address), address)
    assert Outbox.objects.exists()
    assert form.sent_by(client).status_code == 302
    assert not Outbox.objects.exists()
    assert client.get(address).status_code == 404


def test_a_mail_about_something_gone_is_not_shown(client, outbox_row):
    row = outbox_row(context={"gone": True})
    assert client.get(reverse("mailbox_message", args=[row.pk])).status_code == 404
    assert client.get(reverse("mailbox_json")).json() == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_outside_of_demonstration_mode_there_is_no_mailbox(client, outbox_row, settings, method):
    settings.DEMO_MODE = False
    row = outbox_row()
    for name, args in (
        ("mailbox", []),
        ("mailbox_json", []),
        ("mailbox_message", [row.pk]),
        ("mailbox_html", [row.pk]),
    ):
        assert getattr(client, method)(reverse(name, args=args)).status_code == 404
    assert Outbox.objects.exists()

"""Putting a mail in the outbox, and what becomes of it on paper."""

import pytest
from django.db import transaction

from ncconnect import mail
from ncconnect.mail import delivery
from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import COLUMNS, render, wrap

pytestmark = pytest.mark.django_db


def send(name: str, **context) -> None:
    mail.send(name, to="moana@exemple.nc", context=context, language="fr")


def test_a_mail_is_undone_with_what_caused_it(trial_mail):
    with transaction.atomic():
        send(trial_mail)
        transaction.set_rollback(True)
    assert not Outbox.objects.exists()


def test_a_mail_that_nobody_registered_is_refused(db):
    with pytest.raises(KeyError):
        send("no_such_mail")


def test_the_row_holds_no_link(trial_mail):
    send(trial_mail, link="an-id")
    row = Outbox.objects.values().get()
    assert "activation" not in str(row)
    assert row["context"] == {"link": "an-id"}


def test_a_mail_rendered_twice_is_the_same(outbox_row):
    row = outbox_row()
    assert render(row) == render(row)


def test_headers_say_that_no_answer_is_expected(outbox_row, settings):
    headers = render(outbox_row(language="en")).headers
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Reply-To"] == settings.SUPPORT_EMAIL
    assert headers["Content-Language"] == "en"


def test_the_message_leaves_with_two_parts_and_its_address_uncut(outbox_row, sink, settings):
    row = outbox_row()
    delivery.deliver(row.pk)
    (message,) = sink.messages
    assert message["Message-ID"] == row.message_id
    text = message.get_body(("plain",)).get_content()
    (address,) = [line for line in text.splitlines() if "://" in line]
    assert len(address) > COLUMNS
    assert address == f"{settings.ORIGIN}/activation/{'x' * 60}"
    others = [line for line in text.splitlines() if line != address]
    assert max(map(len, others)) <= COLUMNS
    assert "style" in message.get_body(("html",)).get_content()


def test_a_no_break_space_is_not_broken():
    quoted = "«\N{NO-BREAK SPACE}un\N{NO-BREAK SPACE}»"
    text = wrap("mot " * 18 + quoted)
    assert quoted in text


def test_a_subject_is_one_line(outbox_row):
    assert "\n" not in render(outbox_row()).subject

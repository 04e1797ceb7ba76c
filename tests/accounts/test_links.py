"""One-time links: derived, bound, used once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import links
from accounts.models import OneTimeLink, User

pytestmark = pytest.mark.django_db

ACTIVATION = OneTimeLink.Purpose.ACTIVATION
RESET = OneTimeLink.Purpose.PASSWORD_RESET


@pytest.fixture
def user():
    return User.objects.create_user("moana@exemple.nc", "Soleil2024")


@pytest.fixture
def link(user):
    return links.issue(user=user, purpose=ACTIVATION, lifetime=timedelta(hours=1))


def test_the_token_of_a_row_is_always_the_same_and_finds_it(link):
    assert links.token(link) == links.token(OneTimeLink.objects.get())
    assert links.find(links.token(link), purpose=ACTIVATION) == link


def test_the_table_does_not_hold_the_token(link):
    columns = OneTimeLink.objects.filter(pk=link.pk).values_list().get()
    assert links.token(link) not in " ".join(map(str, columns))


def tampered(token):
    yield "", "empty"
    yield token[:-1], "cut"
    yield token + "A", "longer"
    yield token * 2, "doubled"
    yield token.swapcase(), "other case"
    yield "../" + token, "a path"
    yield token[:-1] + "\u00e9", "not ASCII"
    yield "A" * 10_000, "long"
    yield "\0" * 43, "NUL"
    for place in range(len(token)):
        for other in ("A", "B", "8"):
            if token[place] != other:
                yield token[:place] + other + token[place + 1 :], f"letter {place}"


def test_any_altered_token_is_broken(link):
    for value, _how in tampered(links.token(link)):
        with pytest.raises(links.LinkBroken):
            links.find(value, purpose=ACTIVATION)


def test_a_token_of_one_purpose_is_broken_for_another(link):
    with pytest.raises(links.LinkBroken):
        links.find(links.token(link), purpose=RESET)


def test_a_link_is_used_once(link):
    links.consume(link)
    with pytest.raises(links.LinkUsed):
        links.consume(link)
    with pytest.raises(links.LinkUsed):
        links.find(links.token(link), purpose=ACTIVATION)


def test_a_link_expires(link):
    with (
        time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)),
        pytest.raises(links.LinkExpired),
    ):
        links.find(links.token(link), purpose=ACTIVATION)


def test_a_change_of_address_ends_the_links_sent_to_the_old_one(link, user):
    user.email = "nouvelle@exemple.nc"
    user.save()
    with pytest.raises(links.LinkSuperseded):
        links.find(links.token(link), purpose=ACTIVATION)


def test_a_former_secret_key_still_opens_its_links(link, settings):
    token = links.token(link)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert links.find(token, purpose=ACTIVATION) == link
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(links.LinkBroken):
        links.find(token, purpose=ACTIVATION)

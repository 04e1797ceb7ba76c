"""One-time links: derived, bound, used once."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from accounts import links
from accounts.models import OneTimeLink, User
from ncconnect import mail
from ncconnect.audit.models import Event

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


NOW = timezone.now()
ENDED = {
    "used": ({"used_at": NOW}, links.LinkUsed),
    "superseded": ({"superseded_at": NOW}, links.LinkSuperseded),
    "expired": ({"expires_at": NOW}, links.LinkExpired),
}


@pytest.fixture
def others(user):
    """Another link of the same person, and one of somebody else."""
    somebody = User.objects.create_user("tehani@exemple.nc", "Lagon2024")
    return [
        links.issue(user=person, purpose=ACTIVATION, lifetime=timedelta(hours=1))
        for person in (user, somebody)
    ]


def are_alive(others) -> bool:
    return set(links.alive(OneTimeLink.objects.filter(pk__in=[each.pk for each in others]))) == set(
        others
    )


@pytest.mark.parametrize(("fields", "says"), ENDED.values(), ids=ENDED)
class TestEachEndAlone:
    """A link that is over opens nothing, and no other link is over with it."""

    def test_it_is_not_found(self, link, others, fields, says):
        OneTimeLink.objects.filter(pk=link.pk).update(**fields)
        with pytest.raises(says) as caught:
            links.find(links.token(link), purpose=ACTIVATION)
        assert caught.value.link == link
        assert [links.find(links.token(each), purpose=ACTIVATION) for each in others] == others

    def test_it_is_not_used_up_by_whoever_found_it_before(self, link, others, fields, says):
        OneTimeLink.objects.filter(pk=link.pk).update(**fields)
        kept = OneTimeLink.objects.get(pk=link.pk).used_at
        with pytest.raises(links.LinkUsed) as caught:
            links.consume(link)
        assert caught.value.link == link
        assert OneTimeLink.objects.get(pk=link.pk).used_at == kept
        assert are_alive(others)

    def test_it_is_not_among_those_alive(self, link, others, fields, says):
        OneTimeLink.objects.filter(pk=link.pk).update(**fields)
        assert set(links.alive()) == set(others)


def test_using_a_link_up_uses_no_other(link, others):
    links.consume(link)
    assert are_alive(others)


def test_a_link_without_a_row_is_broken(link):
    token = links.token(link)
    link.delete()
    with pytest.raises(links.LinkBroken):
        links.find(token, purpose=ACTIVATION)


@pytest.mark.parametrize("purpose", links.TO_THE_ADDRESS)
@pytest.mark.parametrize("email", ["abel@exemple.nc", "zoe@exemple.nc"])
def test_a_mail_to_a_former_address_opens_nothing(user, purpose, email):
    link = links.issue(user=user, purpose=purpose, lifetime=timedelta(hours=1))
    User.objects.filter(pk=user.pk).update(email=email)
    with pytest.raises(links.LinkSuperseded):
        links.find(links.token(link), purpose=purpose)


def test_a_link_ends_at_its_moment(link, others):
    token = links.token(link)
    with time_machine.travel(link.expires_at - timedelta(seconds=1), tick=False):
        assert links.find(token, purpose=ACTIVATION) == link
        assert link in links.alive()
    for late in (timedelta(0), timedelta(seconds=1)):
        with time_machine.travel(link.expires_at + late, tick=False):
            with pytest.raises(links.LinkExpired):
                links.find(token, purpose=ACTIVATION)
            assert link not in links.alive()
            with pytest.raises(links.LinkUsed):
                links.consume(link)


def test_superseding_ends_what_is_pending_of_this_person_and_nothing_else(link, user, others):
    used = links.issue(user=user, purpose=ACTIVATION, lifetime=timedelta(hours=1), used_at=NOW)
    earlier = NOW - timedelta(days=1)
    ended = links.issue(
        user=user, purpose=ACTIVATION, lifetime=timedelta(hours=1), superseded_at=earlier
    )
    reset = links.issue(user=user, purpose=RESET, lifetime=timedelta(hours=1))
    _mine, of_somebody = others
    links.supersede(user=user, purpose=ACTIVATION)
    assert set(links.alive()) == {reset, of_somebody}
    assert OneTimeLink.objects.get(pk=used.pk).superseded_at is None
    assert OneTimeLink.objects.get(pk=ended.pk).superseded_at == earlier
    links.supersede(user=user)
    assert set(links.alive()) == {of_somebody}


class TestRequestForANewPassword:
    """The link is made when its mail is rendered: what has happened since the request counts."""

    KEY = UUID(int=7)

    def asks(self, email="moana@exemple.nc", asked_at=None, key=KEY):
        asked_at = asked_at or timezone.now()
        return links.of_request(key, email=email, asked_at=asked_at, return_to="/ensuite/")

    def test_its_owner_gets_one_link_however_often_it_is_rendered(self, user, others):
        link = self.asks()
        assert (link.pk, link.user, link.purpose) == (self.KEY, user, RESET)
        assert link.return_to == "/ensuite/"
        assert self.asks() == link
        assert OneTimeLink.objects.filter(purpose=RESET).count() == 1
        assert Event.objects.filter(event="password_reset_requested", user_id=user.pk).count() == 1
        assert are_alive(others)

    def test_a_second_request_takes_the_first_one_s_link_from_nobody(self, user):
        first, second = self.asks(), self.asks(key=UUID(int=8))
        assert set(links.alive()) == {first, second}

    @pytest.mark.parametrize(
        "since",
        [
            {"is_active": False},
            {"email": "nouvelle@exemple.nc"},
            {"password_changed_at": NOW + timedelta(days=400)},
        ],
        ids=["suspended", "another address", "another password"],
    )
    def test_nobody_is_written_to(self, user, others, since):
        User.objects.filter(pk=user.pk).update(**since)
        with pytest.raises(mail.NobodyToWriteTo):
            self.asks()
        assert not OneTimeLink.objects.filter(purpose=RESET).exists()
        assert not Event.objects.filter(event="password_reset_requested").exists()
        assert are_alive(others)

    def test_the_password_that_was_there_when_it_was_asked_for_is_no_other(self, user):
        assert self.asks(asked_at=user.password_changed_at).user == user

    def test_a_mail_that_comes_a_day_late_carries_no_link(self, user):
        User.objects.filter(pk=user.pk).update(password_changed_at=NOW - timedelta(days=30))
        with time_machine.travel(timezone.now(), tick=False):
            asked_at = timezone.now() - links.OF_THE_DAY
            assert self.asks(asked_at=asked_at).user == user
            with pytest.raises(mail.NobodyToWriteTo):
                self.asks(asked_at=asked_at - timedelta(seconds=1), key=UUID(int=9))


def test_what_stands_after_a_token_in_a_mail_is_not_of_it():
    assert links.letters_of("Ab-_9.») Merci") == "Ab-_9"
    assert links.letters_of("») rien") == ""


def test_what_was_mailed_before_an_upgrade_opens_after_it(user):
    """The link of the row number 1, as an earlier version wrote it."""
    issued = links.issue(id=UUID(int=1), user=user, purpose=ACTIVATION, lifetime=timedelta(hours=1))
    mailed = "cJjd_jUccf7hraLjITIgP0TOkrZ110ej6ogWnGt7cK4"
    assert links.find(mailed, purpose=ACTIVATION) == issued
    invited = "S4_CSlyVhwJ2sY2Dy646NYQbivFiVQ1aIzkFjn6fhbQ"
    assert links.INVITATION.open(invited) == UUID(int=1)

"""A school behind one address: everybody gets an account, and the mails leave at a pace."""

from datetime import timedelta
from math import ceil

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import about, mail_pace
from accounts.email_identity import mailbox
from accounts.models import OneTimeLink, User
from ncconnect.mail import delivery
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import EndUser
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SCHOOL, TOWN_HALL = "203.0.113.7", "198.51.100.4"
CROWDED = "Beaucoup de comptes ont été demandés depuis votre réseau"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def narrow(monkeypatch):
    """One mail at once by hour."""
    limit = LIMITS["sign_up"]
    narrowed = Limit(1, limit.window, limit.counted_by, limit.meaning)
    monkeypatch.setitem(LIMITS, "sign_up", narrowed)


def pupil(number: int) -> EndUser:
    return EndUser(StrictClient(), email=f"eleve{number}@exemple.nc")


def waits() -> list[timedelta]:
    return [row.next_at - timezone.now() for row in Outbox.objects.order_by("next_at")]


def moments(network: str, number: int) -> list[int]:
    """Minutes that each of so many mails waits."""
    now = timezone.now()
    found = [mail_pace.next_moment(network) - now for _mail in range(number)]
    return [round(wait.total_seconds() / 60) for wait in found]


def test_the_first_mails_of_a_network_leave_at_once_and_the_others_every_two_minutes():
    number = LIMITS["sign_up"].number
    assert moments(SCHOOL, number + 3) == [0] * number + [2, 4, 6]
    assert moments(TOWN_HALL, 1) == [0]


def test_a_network_that_was_quiet_has_mails_ready_again(time_machine):
    moments(SCHOOL, LIMITS["sign_up"].number)
    time_machine.shift(timedelta(minutes=10))
    assert moments(SCHOOL, 6) == [0, 0, 0, 0, 0, 2]


def test_the_day_is_paced_too(monkeypatch):
    monkeypatch.setitem(LIMITS, "sign_up_day", Limit(2, 86400, "network", ""))
    assert moments(SCHOOL, 4) == [0, 0, 2, 4]


@pytest.mark.parametrize("name", ["sign_up_site", "sign_up_site_day"])
def test_the_networks_of_one_ipv6_site_share_a_pace(monkeypatch, name):
    monkeypatch.setitem(LIMITS, name, Limit(2, LIMITS[name].window, "IPv6 /48", ""))
    now = timezone.now()
    found = [mail_pace.next_moment(f"2001:db8:1:{n}::/64") - now for n in range(4)]
    assert [ceil(wait.total_seconds()) for wait in found] == [0, 0, 30, 60]
    assert mail_pace.next_moment("2001:db8:2:1::/64") == now


def test_no_mail_waits_for_more_than_a_day(monkeypatch):
    monkeypatch.setitem(LIMITS, "sign_up", Limit(0, 3600, "network", ""))
    assert max(moments(SCHOOL, 800)) == 24 * 60


def test_whoever_comes_late_has_an_account_and_is_told_when_the_mail_leaves(narrow):
    first, second = pupil(1), pupil(2)
    assert CROWDED not in first.signs_up().content.decode()
    page = second.signs_up().content.decode()
    assert CROWDED in page
    assert "Renvoyer l’e-mail" not in page
    assert User.objects.count() == 2
    assert [round(wait.total_seconds() / 60) for wait in waits()] == [0, 2]


def test_a_paced_mail_leaves_in_its_time_with_a_link_that_lives_as_long(narrow, time_machine):
    pupil(1).signs_up()
    late = pupil(2)
    late.signs_up()
    delivery.sweep()
    assert Outbox.objects.get(to=late.email).state == Outbox.State.PENDING
    time_machine.shift(mail_pace.STEP)
    delivery.sweep()
    assert Outbox.objects.get(to=late.email).state == Outbox.State.SENT
    lives = {link.email: link.expires_at - link.created_at for link in OneTimeLink.objects.all()}
    assert lives[late.email] - lives[pupil(1).email] == mail_pace.STEP


def test_the_page_is_the_same_for_an_address_that_has_an_account(narrow):
    """Else the wait would tell who has one."""
    taken = pupil(3)
    User.objects.create_user(taken.email, "Tortue Luth 2026", activated_at=timezone.now())
    pupil(1).signs_up()
    assert CROWDED in taken.signs_up().content.decode()
    assert [round(wait.total_seconds() / 60) for wait in waits()] == [0, 2]


def test_asking_again_jumps_no_queue(narrow, time_machine):
    pupil(1).signs_up()
    late = pupil(2)
    late.signs_up()
    link = OneTimeLink.objects.get(email=late.email)
    due = int(Outbox.objects.get(to=late.email).next_at.timestamp())
    form = {"essai": about.Attempt(link.attempt, late.email, due).sealed()}
    late.forges(reverse("accounts:check_mail"), form)
    assert Outbox.objects.filter(to=late.email).count() == 1
    time_machine.shift(timedelta(minutes=3))
    for number in range(3, 6):
        pupil(number).signs_up()
    late.forges(reverse("accounts:check_mail"), form)
    assert Outbox.objects.filter(to=late.email).count() == 2
    newest = Outbox.objects.filter(to=late.email).order_by("-next_at").first()
    assert newest.next_at > timezone.now()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("moana@exemple.nc", "moana@exemple.nc"),
        ("moana+robot1@exemple.nc", "moana@exemple.nc"),
        ("+moana@exemple.nc", "+moana@exemple.nc"),
        ("m.o.a.n.a+x@gmail.com", "moana@gmail.com"),
        ("mo.ana@googlemail.com", "moana@gmail.com"),
        ("mo.ana@exemple.nc", "mo.ana@exemple.nc"),
    ],
)
def test_the_mailbox_behind_an_address(address, expected):
    assert mailbox(address) == expected


def test_one_mailbox_gets_three_mails_an_hour_whatever_its_tags():
    for number in range(5):
        EndUser(StrictClient(), email=f"moana+{number}@exemple.nc").signs_up()
    assert Outbox.objects.count() == LIMITS["sign_up_mail"].number == 3
    EndUser(StrictClient(), email="hina@exemple.nc").signs_up()
    assert Outbox.objects.filter(to="hina@exemple.nc").count() == 1


def test_a_solved_captcha_lets_no_network_try_passwords_without_end(monkeypatch):
    """No robot buys its way to as many people's accounts as it likes."""
    from accounts.flows import sign_in as flow

    monkeypatch.setitem(LIMITS, "sign_in_crowd", Limit(3, 900, "network", ""))
    place = flow.Place(SCHOOL)

    def tries(number: int, where: flow.Place) -> None:
        flow.sign_in(
            email=f"p{number}@exemple.nc", password="Faux2026xy", place=where, captcha_solved=True
        )

    for number in range(3):
        with pytest.raises(flow.WrongCredentials):
            tries(number, place)
    with pytest.raises(flow.TooManyTries) as refusal:
        tries(4, place)
    assert not refusal.value.captcha_helps
    with pytest.raises(flow.WrongCredentials):
        tries(4, flow.Place(TOWN_HALL))

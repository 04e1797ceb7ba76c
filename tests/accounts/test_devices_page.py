"""« Appareils et sessions »: people see where they are signed in, and end what is not theirs."""

import gzip
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import confirmation
from accounts.devices import known, listing
from accounts.flows import devices as flow
from accounts.models import Device, Session, User
from ncconnect import handles
from ncconnect.audit.models import Event
from tests.actors import PASSWORD, EndUser
from tests.at_once import at_once
from tests.page_forms import form_of_nothing
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

PAGE, END, FORGET = (
    "/mon-compte/appareils/",
    "/mon-compte/appareils/fin/",
    "/mon-compte/appareils/oubli/",
)
HOME, OFFICE = "203.0.113.4", "198.51.100.7"
PHONE = "Mozilla/5.0 (Linux; Android 9) AppleWebKit Chrome/120.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
TABLET = "Mozilla/5.0 (iPad) AppleWebKit Version/17 Safari/604.1"
ONWARD = re.compile(r'href="(\?apres=[^"&]+)"')
TOO_OLD = confirmation.AGE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to("2026-11-28T00:00:00Z", tick=False)


def at(agent: str, network: str = HOME, email: str = "moana@exemple.nc") -> EndUser:
    """Somebody in front of this device."""
    client = StrictClient(REMOTE_ADDR=network, HTTP_USER_AGENT=agent)
    return EndUser(client, email, PASSWORD)


def signed_in(agent: str, network: str = HOME, email: str = "moana@exemple.nc") -> EndUser:
    person = at(agent, network, email)
    person.signs_in()
    return person


@pytest.fixture
def laptop() -> EndUser:
    person = at(LAPTOP)
    person.account = person.has_an_account()
    person.signs_in()
    return person


@pytest.fixture
def phone(laptop) -> EndUser:
    return signed_in(PHONE, OFFICE)


@pytest.fixture
def teva() -> EndUser:
    """Somebody else, signed in on two devices; whatever Moana does, he stays so."""
    at(LAPTOP, email="teva@exemple.nc").has_an_account()
    signed_in(PHONE, email="teva@exemple.nc")
    return signed_in(LAPTOP, email="teva@exemple.nc")


def text(response) -> str:
    """The words of a page, each space one space."""
    shown = re.sub(r"<[^>]+>", "", response.content.decode().partition("<main")[2])
    return " ".join(shown.replace("\u00a0", " ").split())


def is_signed_in(person: EndUser) -> bool:
    return person.client.get("/mon-compte/").status_code == 200


def button(person: EndUser, field: str = "fin", place: int = 0) -> dict[str, str]:
    """What the button of a line sends, as the page that the person sees has it."""
    named = re.findall(rf'name="{field}" value="([^"]+)"', person.page.content.decode())
    return {field: named[place]}


def presses(person: EndUser, address: str = END, **sent) -> None:
    person.opens(PAGE)
    person.submits(address, sent or button(person))


def forges(person: EndUser, address: str, sent: dict) -> None:
    """What no button of the page sends, from the page that this person has."""
    page = person.opens(PAGE).content.decode()
    person.forges(address, {"compte": re.search(r'name="compte" value="([^"]+)"', page)[1]} | sent)


def fill(user: User, number: int, **changes) -> list[Session]:
    now = timezone.now()
    rows = [
        Session(
            user=user,
            session_key=bytes(32),
            credentials=bytes(16),
            seen_at=now - timedelta(seconds=place),
            expire_date=now + timedelta(minutes=30),
            ends_at=now + timedelta(hours=12),
            browser="Edge",
            system=f"Système {place}",
            network=HOME,
        )
        for place in range(1, number + 1)
    ]
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
    return Session.objects.bulk_create(rows)


class TestLooking:
    def test_each_session_says_what_since_when_and_where(self, laptop, phone):
        page, since = text(laptop.opens(PAGE)), "Connecté aujourd’hui à 11 h 00"
        here = f"Firefox sur Windows {since}, ce réseau (203.0.113…)."
        assert f"{here} Actif maintenant. Cet appareil" in page
        there = f"Chrome sur Android {since}, un autre réseau (198.51.100…)."
        assert f"{there} Dernière activité aujourd’hui à 11 h 00." in page
        assert page.count("Cet appareil") == 1

    def test_in_english(self, laptop, phone):
        page = text(laptop.opens(f"{PAGE}?lang=en"))
        assert "Signed in today at 11:00, another network" in page
        assert "This device" in page
        assert "Sign out all other devices" in page

    def test_the_last_used_comes_first_and_none_of_others(self, laptop, phone, teva, time_machine):
        time_machine.shift(timedelta(minutes=10))
        phone.opens("/mon-compte/")
        time_machine.shift(timedelta(minutes=2))
        page = text(laptop.opens(PAGE))
        assert page.index("Firefox sur Windows") < page.index("Chrome sur Android")
        assert (page.count("Firefox sur Windows"), page.count("Chrome sur Android")) == (1, 2)

    def test_neither_those_that_ran_out_nor_those_at_their_absolute_end(self, laptop, phone):
        theirs = Session.objects.exclude(browser="Firefox")
        theirs.update(expire_date=timezone.now())
        assert "Vous n’êtes connecté qu’ici." in text(laptop.opens(PAGE))
        theirs.update(expire_date=timezone.now() + timedelta(hours=1), ends_at=timezone.now())
        assert "Vous n’êtes connecté qu’ici." in text(laptop.opens(PAGE))

    def test_who_is_signed_in_only_here_is_offered_nothing_to_end(self, laptop):
        page = laptop.opens(PAGE)
        assert "Vous n’êtes connecté qu’ici." in text(page)
        assert b'name="fin"' not in page.content
        assert b'name="tous"' not in page.content

    def test_no_proof_is_asked(self, laptop, time_machine):
        time_machine.shift(TOO_OLD)
        assert laptop.client.get(PAGE).status_code == 200

    def test_a_stranger_is_sent_to_sign_in(self, stranger):
        assert 'id="login"' in stranger.opens(PAGE).content.decode()

    def test_no_key_of_a_row_stands_in_the_page(self, laptop, phone):
        page = laptop.opens(PAGE).content.decode()
        for key in (*Session.objects.values_list("pk"), *Device.objects.values_list("pk")):
            assert str(key[0]) not in page
            assert key[0].hex not in page

    def test_the_menu_says_where_one_is(self, laptop):
        page = laptop.opens(PAGE).content.decode()
        assert f'<a href="{PAGE}" aria-current="page">' in page

    def test_a_session_from_before_there_were_devices_has_its_words(self, laptop, phone):
        Session.objects.exclude(browser="Firefox").update(
            browser="", system="", device=None, former_device="Opera|Mac"
        )
        assert "Opera sur Mac" in text(laptop.opens(PAGE))


class TestPages:
    def test_twenty_at_a_time_none_twice_and_none_left_out(self, laptop):
        fill(laptop.account, 45)
        page, seen = laptop.opens(PAGE), []
        for _ in range(3):
            seen.append(re.findall(r"Edge sur (Système \d+)</strong>", page.content.decode()))
            onward = ONWARD.search(page.content.decode())
            if onward:
                page = laptop.opens(PAGE + onward[1])
        assert [len(names) for names in seen] == [19, 20, 6]
        assert [name for names in seen for name in names] == [f"Système {n}" for n in range(1, 46)]
        assert onward is None
        assert "Retour au début de la liste" in text(page)
        assert "Vous n’êtes connecté qu’ici." not in text(page)

    def test_of_those_at_one_moment_none_is_left_out(self, laptop):
        fill(laptop.account, 30, seen_at=timezone.now() - timedelta(minutes=1))
        user, current = laptop.account, Session.objects.get(browser="Firefox")
        first = listing.page(user, current=current, network=HOME)
        second = listing.page(user, current=current, network=HOME, after=first.after)
        labels = [line.label for line in (*first.sessions, *second.sessions)]
        assert len(labels) == len(set(labels)) == 31
        assert second.after == ""

    @pytest.mark.parametrize("number", [20, 21])
    def test_there_is_a_next_page_when_there_is_something_on_it(self, laptop, number):
        fill(laptop.account, number - 1)
        assert ("Appareils suivants" in text(laptop.opens(PAGE))) is (number > listing.PAGE)

    @pytest.mark.parametrize("after", ["x", "", "\x00", "é" * 2_000])
    def test_whatever_stands_in_the_address_a_page_is_shown(self, laptop, after):
        assert laptop.client.get(PAGE, {"apres": after}).status_code == 200

    def test_the_place_of_somebody_else_s_list_is_none_in_hers(self, laptop, teva):
        user = User.objects.get(email=teva.email)
        fill(user, 30)
        current = Session.objects.filter(user=user).first()
        place = listing.page(user, current=current, network=HOME).after
        assert place
        hers = Session.objects.get(user=laptop.account)
        found = listing.page(laptop.account, current=hers, network=HOME, after=place)
        assert found.is_first
        assert len(found.sessions) == 1

    def test_five_hundred_sessions_cost_what_two_do(self, laptop, phone):
        """Five statements and fifteen kilobytes, whatever there is."""

        def costs() -> tuple[int, int]:
            with CaptureQueriesContext(connection) as seen:
                page = laptop.client.get(PAGE)
            return len(seen), len(gzip.compress(page.content))

        few, _ = costs()
        fill(laptop.account, 500)
        for _ in range(known.LIMIT):
            known.write(known.new(laptop.account, ("Edge", "Mac"), HOME))
        many, weight = costs()
        assert few == many <= 5
        assert weight < 10_000  # and its stylesheet


class TestEnding:
    def test_one_ends_and_the_others_go_on(self, laptop, phone, teva):
        tablet = signed_in(TABLET)
        laptop.opens(PAGE)
        wanted = next(
            each
            for each in (button(laptop, place=place) for place in (0, 1))
            if listing.key_of(each["fin"], laptop.account)
            == Session.objects.get(browser="Chrome", user=laptop.account).pk
        )
        laptop.submits(END, wanted)
        assert "Chrome sur Android a été déconnecté." in text(laptop.page)
        assert [is_signed_in(each) for each in (phone, laptop, tablet, teva)] == [
            False,
            True,
            True,
            True,
        ]
        event = Event.objects.get(event="session_ended")
        assert event.user_id == laptop.account.pk
        assert (event.facts["reason"], event.facts["device"]) == ("by_person", "Chrome|Android")

    def test_all_others_end_at_once(self, laptop, phone, teva):
        signed_in(TABLET)
        presses(laptop, tous="1")
        assert "Tous vos autres appareils ont été déconnectés." in text(laptop.page)
        assert "Vous n’êtes connecté qu’ici." in text(laptop.page)
        assert [is_signed_in(each) for each in (phone, laptop, teva)] == [False, True, True]
        assert Event.objects.filter(event="session_ended", user_id=laptop.account.pk).count() == 2
        assert not Event.objects.filter(event="session_ended").exclude(user_id=laptop.account.pk)

    def test_those_that_ran_out_end_too(self, laptop, phone):
        """Their partners may not have noticed."""
        Session.objects.exclude(browser="Firefox").update(expire_date=timezone.now())
        flow.end_others(laptop.account, keep=Session.objects.get(browser="Firefox"))
        assert Session.objects.count() == 1

    def test_one_that_has_ended_meanwhile_is_said_so(self, laptop, phone):
        laptop.opens(PAGE)
        sent = button(laptop)
        phone.signs_out()
        laptop.submits(END, sent)
        assert "Cet appareil était déjà déconnecté." in text(laptop.page)
        assert is_signed_in(laptop)

    def test_the_device_at_hand_is_left_by_signing_out(self, laptop, phone):
        laptop.opens(PAGE)
        own = Session.objects.get(browser="Firefox")
        ref = listing.SESSION.close(own.pk, audience=str(laptop.account.pk))
        forges(laptop, END, {"fin": ref})
        assert laptop.page.request["PATH_INFO"] == "/deconnexion/"
        assert is_signed_in(laptop)
        assert is_signed_in(phone)

    @pytest.mark.parametrize(("address", "field"), [(END, "fin"), (FORGET, "oubli")])
    def test_what_is_somebody_else_s_is_a_page_that_never_was(
        self, laptop, phone, teva, address, field
    ):
        """Neither by a name that his page has, nor by his row under hers."""
        user = User.objects.get(email=teva.email)
        seal = listing.SESSION if field == "fin" else listing.DEVICE
        row = (Session if field == "fin" else Device).objects.filter(user=user).first()
        before = Session.objects.count(), Device.objects.count()
        laptop.opens(PAGE)
        forges(laptop, address, {field: seal.close(row.pk, audience=str(user.pk))})
        assert laptop.page.status_code == 404
        laptop.opens(PAGE)
        forges(laptop, address, {field: seal.close(row.pk, audience=str(laptop.account.pk))})
        assert laptop.page.status_code == 200
        assert "déjà" in text(laptop.page)
        assert (Session.objects.count(), Device.objects.count()) == before
        assert is_signed_in(teva)

    @pytest.mark.parametrize("address", [END, FORGET])
    @pytest.mark.parametrize("sent", ["", "x", "\x00", "é" * 5_000, "A" * 43])
    def test_a_name_that_never_was_one_ends_nothing(self, laptop, phone, address, sent):
        laptop.opens(PAGE)
        forges(laptop, address, {"fin": sent, "oubli": sent})
        assert laptop.page.status_code == 404
        assert is_signed_in(phone)

    def test_a_session_s_name_is_no_device_s(self, laptop, phone):
        laptop.opens(PAGE)
        forges(laptop, FORGET, {"oubli": button(laptop)["fin"]})
        assert laptop.page.status_code == 404
        assert Device.objects.count() == 2

    def test_by_get_nothing_ends(self, laptop, phone):
        laptop.opens(PAGE)
        for address in (END, FORGET):
            laptop.opens(f"{address}?fin={button(laptop)['fin']}&tous=1")
            assert laptop.page.request["PATH_INFO"] == PAGE
        assert is_signed_in(phone)

    def test_a_page_of_somebody_else_ends_nothing_of_who_is_here_now(self, laptop, phone, teva):
        laptop.opens(PAGE)
        form = laptop.form("tous")
        laptop.signs_out()
        laptop.signs_in(username=teva.email)
        laptop.sends(form, tous="1")
        assert is_signed_in(teva)
        assert is_signed_in(phone)

    def test_signed_out_it_ends_nothing(self, laptop, phone):
        laptop.opens(PAGE)
        form = laptop.form("tous")
        laptop.signs_out()
        laptop.sends(form, tous="1")
        assert is_signed_in(phone)

    def test_without_a_page_of_ours_nothing_ends(self, laptop, phone):
        form_of_nothing(END, laptop.client).forged_by(laptop.client, {"tous": "1"})
        assert is_signed_in(phone)


class TestAProof:
    def test_ending_asks_for_one_and_then_for_a_word(self, laptop, phone, time_machine):
        """What they pressed is not done behind their back: it waits on the page."""
        laptop.opens(PAGE)
        sent = button(laptop)
        time_machine.shift(TOO_OLD)
        laptop.submits(END, sent)
        assert "avant : déconnecter un appareil." in text(laptop.page)
        laptop.sends(password=PASSWORD)
        assert "Déconnecter Chrome sur Android ?" in text(laptop.page)
        assert is_signed_in(phone)
        laptop.submits(END, sent)
        assert "Chrome sur Android a été déconnecté." in text(laptop.page)
        assert not is_signed_in(phone)
        assert is_signed_in(laptop)

    def test_all_others_as_well(self, laptop, phone, time_machine):
        laptop.opens(PAGE)
        time_machine.shift(TOO_OLD)
        laptop.submits(END, {"tous": "1"})
        laptop.sends(password=PASSWORD)
        assert "Déconnecter tous les autres appareils ?" in text(laptop.page)
        assert is_signed_in(phone)
        laptop.submits(END, {"tous": "1"})
        assert not is_signed_in(phone)

    def test_one_that_ended_meanwhile_is_asked_about_no_more(self, laptop, phone, time_machine):
        laptop.opens(PAGE)
        sent = button(laptop)
        time_machine.shift(TOO_OLD)
        laptop.submits(END, sent)
        phone.signs_out()
        laptop.sends(password=PASSWORD)
        assert "Déconnecter Chrome" not in text(laptop.page)
        assert "Vous n’êtes connecté qu’ici." in text(laptop.page)

    def test_forgetting_asks_for_none(self, laptop, phone, time_machine):
        phone.signs_out()
        time_machine.shift(TOO_OLD)
        laptop.opens(PAGE)
        laptop.submits(FORGET, button(laptop, "oubli"))
        assert "Chrome sur Android est oublié." in text(laptop.page)


class TestKnownDevices:
    def test_those_without_a_session_are_listed_apart(self, laptop, phone):
        assert "Appareils connus" not in text(laptop.opens(PAGE))
        phone.signs_out()
        apart = text(laptop.opens(PAGE)).partition("Appareils connus")[2]
        assert "Chrome sur Android Connu depuis le 28 novembre 2026" in apart
        assert "Firefox sur Windows" not in apart

    def test_a_session_that_ran_out_holds_none(self, laptop, phone):
        Session.objects.exclude(browser="Firefox").update(expire_date=timezone.now())
        assert "Appareils connus" in text(laptop.opens(PAGE))

    def test_a_forgotten_one_is_a_stranger_and_the_others_stay(self, laptop, phone, teva):
        phone.signs_out()
        laptop.opens(PAGE)
        sent = button(laptop, "oubli")
        laptop.submits(FORGET, sent)
        assert "Appareils connus" not in text(laptop.page)
        assert Device.objects.filter(user=laptop.account).count() == 1
        assert Device.objects.exclude(user=laptop.account).count() == 2
        event = Event.objects.get(event="device_forgotten")
        assert (event.user_id, event.facts) == (laptop.account.pk, {"forgotten": "Chrome|Android"})
        forges(laptop, FORGET, sent)
        assert "Cet appareil était déjà oublié." in text(laptop.page)
        assert Event.objects.filter(event="device_forgotten").count() == 1

    def test_what_is_left_of_its_sessions_ends_with_it(self, laptop, phone):
        """A telephone that was lost, and not used for half an hour."""
        gone = Session.objects.get(browser="Chrome")
        Session.objects.filter(pk=gone.pk).update(expire_date=timezone.now())
        laptop.opens(PAGE)
        laptop.submits(FORGET, button(laptop, "oubli"))
        assert not Session.objects.filter(pk=gone.pk).exists()

    def test_one_with_an_open_session_leaves_that_open(self, laptop, phone):
        """It was forgotten in another tab, and signed in again meanwhile."""
        device = Session.objects.get(browser="Chrome").device
        flow.forget(laptop.account, device.pk)
        assert is_signed_in(phone)
        assert "Chrome sur Android" in text(laptop.opens(PAGE))

    def test_those_that_nobody_used_for_long_are_not_listed(self, laptop, phone):
        phone.signs_out()
        long_ago = timezone.now() - settings.KNOWN_DEVICE_TIME
        Device.objects.filter(browser="Chrome").update(last_at=long_ago)
        assert "Appareils connus" not in text(laptop.opens(PAGE))

    def test_on_the_first_page_only(self, laptop, phone):
        phone.signs_out()
        fill(laptop.account, 25)
        page = laptop.opens(PAGE)
        assert "Appareils connus" in text(page)
        onward = ONWARD.search(page.content.decode())[1]
        assert "Appareils connus" not in text(laptop.opens(PAGE + onward))


class TestNetworks:
    @pytest.mark.parametrize(("days", "words"), [(6, "un autre réseau"), (8, "un réseau habituel")])
    def test_usual_is_where_a_device_was_that_is_known_for_a_week(
        self, laptop, phone, time_machine, days, words
    ):
        time_machine.shift(timedelta(days=days))
        laptop.signs_in()
        phone.client.defaults["HTTP_USER_AGENT"] = TABLET
        phone.client.cookies.clear()
        phone.signs_in()
        assert f", {words} (198.51.100…)" in text(laptop.opens(PAGE))


def test_a_key_says_when_it_was_made():
    assert handles.made_at(handles.new_key()) == timezone.now()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
class TestAtOnce:
    """Z8: all others end while sessions open, renew themselves and end one by one."""

    @pytest.fixture(autouse=True)
    def _every_hash_has_a_slot(self, monkeypatch, time_machine):
        from accounts import passwords
        from ncconnect.waiting import Turns

        time_machine.move_to(timezone.now(), tick=True)
        turns = Turns(range(64), waiting=0, patience=0)
        monkeypatch.setattr(passwords, "slots", lambda: turns)

    def test_ending_all_others_meets_sign_ins_and_nobody_gets_a_fault(self, laptop, teva):
        keep = Session.objects.get(user=laptop.account)
        again = [signed_in(PHONE, OFFICE) for _ in range(3)]
        fresh = [at(TABLET, OFFICE) for _ in range(3)]
        for person in (*again, *fresh):
            person.opens("/connexion/?encore=1")
        acts = [
            *(lambda: flow.end_others(laptop.account, keep=keep) for _ in range(3)),
            *(lambda person=person: person.signs_in().status_code for person in (*again, *fresh)),
        ]
        outcomes = at_once(len(acts), lambda place: acts[place]())
        assert outcomes[:3] == [None] * 3
        assert set(outcomes[3:]) <= {200, 409}  # 409: their session was ended while it was renewed
        flow.end_others(laptop.account, keep=keep)
        assert [row.pk for row in Session.objects.filter(user=laptop.account)] == [keep.pk]
        assert Session.objects.filter(user__email=teva.email).count() == 2
        assert is_signed_in(laptop)
        assert not any(is_signed_in(person) for person in (*again, *fresh))

    def test_two_who_end_the_same_session_end_it_once(self, laptop, phone):
        key = Session.objects.get(browser="Chrome").pk
        outcomes = at_once(8, lambda _: flow.end(laptop.account, key))
        assert [bool(outcome) for outcome in outcomes].count(True) == 1
        assert Event.objects.filter(event="session_ended").count() == 1
        assert is_signed_in(laptop)

    def test_two_who_forget_the_same_device_forget_it_once(self, laptop, phone):
        key = Device.objects.get(browser="Chrome").pk
        outcomes = at_once(8, lambda _: flow.forget(laptop.account, key))
        assert [bool(outcome) for outcome in outcomes].count(True) == 1
        assert Event.objects.filter(event="device_forgotten").count() == 1

"""« Historique »: what the trail holds of a person, in their own words, and of nobody else."""

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.devices.models import Device
from accounts.flows import suspension
from accounts.models import User
from ncconnect import handles
from ncconnect.audit import sentences
from ncconnect.audit.events import EVENTS
from ncconnect.audit.models import Event
from oidc_provider.self_care import history
from tests import staff
from tests.actors import EndUser
from tests.oidc_provider.test_services import text
from tests.oidc_provider.test_statements import at_most
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

PATH = "/mon-compte/historique/"
NOON = datetime(2026, 11, 20, 12, 10, tzinfo=ZoneInfo("Pacific/Noumea"))


def happened(person, event="sign_in", at=NOON, **fields) -> Event:
    return Event.objects.create(user_id=person.account.pk, event=event, at=at, **fields)


@pytest.fixture(autouse=True)
def _a_day_in_november(time_machine):
    time_machine.move_to(NOON + timedelta(days=1))


@pytest.fixture
def someone():
    """Of whom nothing is written down yet."""
    return SimpleNamespace(account=User())


def reads(person, **options) -> history.Page:
    return history.page(person.account, **{"here": "192.0.2.7"} | options)


def words(page) -> list[str]:
    return [line.words.replace("\u00a0", " ") for line in page.lines]


class TestTheTable:
    """H1: each event that there is has its sentence, or is never shown, and why is written down."""

    @pytest.mark.parametrize("event", EVENTS)
    def test_each_event_has_a_sentence_or_is_never_shown(self, event):
        assert (event in sentences.SENTENCES) != (event in sentences.NEVER)

    def test_none_is_of_an_event_that_there_is_not(self):
        assert {*sentences.SENTENCES, *sentences.NEVER} == EVENTS.keys()

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("event", sentences.SENTENCES)
    def test_each_is_whole_with_what_is_known_and_with_nothing(self, event, language):
        everything = dict.fromkeys(
            ("partner", "methods", "newness", "reason", "claims", "items"), "mot"
        )
        with translation.override(language):
            full = sentences.said(event, everything | {"count": 3})
            bare = sentences.said(event, {"partner": "impots.nc", "count": 1})
        assert full.endswith(".")
        assert bare.endswith(".")
        assert "%" not in full + bare

    @pytest.mark.parametrize("event", sentences.SENTENCES)
    def test_each_has_a_family_that_people_can_choose(self, event):
        assert sentences.SENTENCES[event].family in sentences.FAMILIES

    def test_why_a_session_ends_has_words(self):
        for reason in ("by_person", "password_changed", "replaced", "staff", "suspended"):
            assert sentences.reason(reason)
        assert sentences.reason("une-raison-de-demain") == ""


class TestAPersonReads:
    def test_what_they_did_the_newest_first(self, partner, signed_in):
        partner.tokens(signed_in)
        signed_in.signs_out()
        signed_in.signs_in()
        page = signed_in.opens(PATH)
        said = words(page.context["found"])
        assert said == [
            "Connexion réussie, avec votre mot de passe.",
            "Déconnexion.",
            "Vous êtes arrivé sur impots.nc.",
            "Connexion réussie, avec votre mot de passe, depuis un nouvel appareil.",
        ]
        assert text(page).index("Déconnexion.") < text(page).index("Vous êtes arrivé")

    def test_what_went_to_a_partner_in_the_words_of_the_consent_page(self, signed_in):
        partner = RelyingParty.registered(nc_consent="once")
        partner.userinfo(partner.tokens(signed_in, scope="openid email")["access_token"])
        said = words(signed_in.opens(PATH).context["found"])
        assert "impots.nc a reçu : votre adresse e-mail." in said
        assert "Accord donné à impots.nc : votre adresse e-mail." in said

    def test_where_and_on_what_it_was(self, signed_in, time_machine):
        """A network is usual where a device was that is known for a week."""
        for days, network in ((8, "198.51.100.8"), (6, "203.0.113.9")):
            time_machine.shift(-timedelta(days=days))
            key = handles.new_key()
            time_machine.shift(timedelta(days=days))
            device = {"id": key, "network": network, "digest": b"x"}
            Device.objects.create(user_id=signed_in.account.pk, **device)
        facts = {"device": "Chrome|Android", "method": "pwd"}
        for network in ("192.0.2.7", "198.51.100.8", "203.0.113.9", "2001:db8:1:2::/64", ""):
            happened(signed_in, network=network, facts=facts)
        places = [line.place for line in reads(signed_in).lines]
        assert places[:-1] == [  # the last: how they came here
            "Chrome sur Android",
            "Chrome sur Android, un autre réseau (2001:0db8…)",
            "Chrome sur Android, un autre réseau (203.0.113…)",
            "Chrome sur Android, un réseau habituel (198.51.100…)",
            "Chrome sur Android, ce réseau (192.0.2…)",
        ]

    def test_tries_of_one_hour_and_place_are_one_line_with_their_number(self, someone):
        def fails(network, **later):
            happened(someone, "sign_in_failed", NOON + timedelta(**later), network=network)

        for minutes in (0, 5, 49):
            fails("203.0.113.9", minutes=minutes)
        fails("203.0.113.9", minutes=50)  # of the next hour
        fails("198.51.100.4", minutes=10)  # of another place
        happened(someone, "password_changed", NOON + timedelta(minutes=6))
        happened(someone, "password_changed", NOON + timedelta(minutes=7))
        said = words(reads(someone))
        assert said.count("3 essais de connexion refusés.") == 1
        assert said.count("1 essai de connexion refusé.") == 2
        assert said.count("Mot de passe changé.") == 2

    def test_each_day_has_its_title_at_the_hour_of_noumea(self, signed_in):
        for hour in (13, 12):  # half past midnight of the 20th, half past eleven of the 19th
            happened(signed_in, at=datetime(2026, 11, 19, hour, 30, tzinfo=UTC))
        page = text(signed_in.opens(PATH))
        for title, hour in (("20 novembre 2026", "0 h 30"), ("19 novembre 2026", "23 h 30")):
            assert f"{title} {hour}" in page

    def test_a_partner_that_is_gone_is_named_by_what_the_trail_knows(self, someone):
        happened(someone, "token_issued", partner="disparu")
        assert words(reads(someone)) == ["Vous êtes arrivé sur disparu."]

    def test_in_english(self, signed_in):
        page = text(signed_in.opens(f"{PATH}?lang=en"))
        assert "Signed in, with your password, from a new device." in page
        assert "What has happened on your account in the last 12 months." in page

    def test_by_family(self, partner, signed_in):
        partner.tokens(signed_in)
        page = signed_in.opens(f"{PATH}?famille=services")
        assert words(page.context["found"]) == ["Vous êtes arrivé sur impots.nc."]
        assert "Rien de cette sorte depuis 12 mois." in text(
            signed_in.opens(f"{PATH}?famille=assistance")
        )

    def test_twelve_months_and_no_more(self, someone):
        happened(someone, "sign_out", timezone.now() - timedelta(days=364))
        happened(someone, "sign_in", timezone.now() - timedelta(days=366))
        assert words(reads(someone)) == ["Déconnexion."]

    def test_nothing_that_is_another_person_s(self, partner, signed_in, stranger):
        stranger.account = stranger.has_an_account()
        stranger.signs_in()
        partner.tokens(stranger)
        assert "impots.nc" not in text(signed_in.opens(PATH))
        theirs = Event.objects.filter(user_id=stranger.account.pk).last()
        page = signed_in.opens(f"{PATH}?avant={theirs.pk + 1}")
        assert len(page.context["found"].lines) == 1

    def test_without_an_account_it_leads_to_the_sign_in(self, client):
        assert 'id="login-title"' in EndUser(StrictClient()).opens(PATH).content.decode()

    @pytest.mark.parametrize("event", ["", "x", "-1", "0", "9" * 30, "1\x00", "\ud800", "é"])
    @pytest.mark.parametrize("name", ["avant", "famille"])
    def test_what_no_page_of_ours_asks_is_the_newest_page(self, signed_in, name, event):
        query = {name: event.encode("utf-8", "surrogatepass")}
        page = signed_in.client.get(PATH, query)
        assert page.status_code == 200
        assert len(page.context["found"].lines) == 1


class TestNeverShown:
    """H2, by canaries: what would do harm is in the rows, and on no page."""

    CANARY = "CANARI-1234"

    def test_no_fact_that_no_sentence_names(self, signed_in):
        names = (
            *("address", "email", "session", "why", "comment", "ticket", "agent", "changed"),
            *("fields", "cause", "kid", "notice", "key", "invitation", "group"),
        )
        facts = dict.fromkeys(names, self.CANARY) | {"reason": self.CANARY, "method": self.CANARY}
        for event in EVENTS:
            happened(signed_in, event, facts=facts, partner="impots", reference="NC-AAAA-22")
        shown, address = [], PATH
        for _ in range(3):
            page = signed_in.opens(address)
            assert self.CANARY not in page.content.decode()
            shown += [line.event.event for line in page.context["found"].lines]
            address = f"{PATH}?avant={page.context['found'].before or 1}"
        assert set(shown) == set(sentences.SENTENCES)

    def test_no_event_that_is_never_shown(self, someone):
        for event in sentences.NEVER:
            happened(someone, event)
        assert reads(someone).lines == []

    def test_neither_who_of_staff_it_was_nor_where(self, signed_in):
        agent = EndUser(StrictClient(REMOTE_ADDR="198.51.100.4"), email="agent@exemple.nc")
        agent = staff.agent(agent, "support")
        suspension.suspend(signed_in.account, actor=agent.account)
        suspension.restore(signed_in.account, actor=agent.account)
        happened(signed_in, "sign_in", network="198.51.100.4", actor_id=agent.account.pk)
        signed_in.signs_in()
        page = signed_in.opens(PATH)
        assert "L’assistance a suspendu votre compte." in text(page)
        for secret in ("198.51.100", "agent", str(agent.account.pk)):
            assert secret not in page.content.decode()

    def test_no_network_of_a_partner_s_server(self, someone):
        for event in ("token_issued", "claims_released", "code_reused", "token_revoked"):
            happened(someone, event, network="198.51.100.77", partner="impots")
        assert {line.place for line in reads(someone).lines} == {""}

    def test_no_network_whole(self, signed_in):
        happened(signed_in, network="203.0.113.199", facts={"device": "|"})
        assert "203.0.113.199" not in signed_in.opens(PATH).content.decode()

    def test_a_name_is_words_and_no_markup(self, signed_in):
        happened(signed_in, "token_issued", partner="<b>x</b>%(count)s")
        content = signed_in.opens(PATH).content.decode()
        assert "&lt;b&gt;x&lt;/b&gt;%(count)s" in content


class TestPages:
    """H3: 25 at a time, by the key, with 10,000 events as with ten."""

    @pytest.fixture
    def long(self, signed_in):
        Event.objects.bulk_create(
            Event(user_id=signed_in.account.pk, event="sign_out", at=NOON + timedelta(seconds=n))
            for n in range(10_000)
        )
        return signed_in

    def test_each_event_once_on_the_way_through_all_pages(self, someone):
        made = [happened(someone, "sign_out", NOON + timedelta(seconds=n)).pk for n in range(60)]
        seen, before = [], None
        while True:
            page = reads(someone, before=before)
            seen += [line.event.pk for line in page.lines]
            happened(someone, "sign_out")  # meanwhile
            before = page.before
            if before is None:
                break
            assert len(page.lines) == 25
        assert seen == made[::-1]

    def test_the_page_leads_on_and_back_in_its_family(self, signed_in):
        for n in range(30):
            happened(signed_in, "password_changed", NOON + timedelta(seconds=n))
        page = signed_in.opens(f"{PATH}?famille=securite")
        last = page.context["found"].lines[-1].event.pk
        assert f"?famille=securite&amp;avant={last}" in page.content.decode()
        page = signed_in.opens(f"{PATH}?famille=securite&avant={last}")
        assert len(page.context["found"].lines) == 5
        assert "Plus ancien" not in text(page)
        assert f'href="{PATH}?famille=securite">Revenir au plus récent' in page.content.decode()

    def test_five_statements_with_ten_thousand_events(self, long):
        with at_most(5):
            page = long.client.get(PATH)
        assert len(page.context["found"].lines) == 25

    @pytest.mark.parametrize("family", ["", "connexions"])
    @pytest.mark.parametrize("of_others", [500, 40_000])
    def test_postgresql_reads_a_page_of_it_by_the_index(
        self, needs_postgresql, long, family, of_others
    ):
        """Whether others have more or less: the events of theirs that are newer are not read."""
        people = [uuid.uuid4() for _ in range(50)]
        Event.objects.bulk_create(
            Event(user_id=people[n % 50], event="sign_out") for n in range(of_others)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE audit_event")
        asked = history._events(long.account, family, None)[: history.PAGE + 1]
        plan = asked.explain(analyze=True)
        assert "audit_of_a_person_by_key" in plan
        assert "Sort" not in plan
        assert "Seq Scan" not in plan
        assert "Rows Removed by Filter" not in plan


def test_its_index_is_there(needs_postgresql):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'audit_of_a_person%'")
        definitions = [definition for (definition,) in cursor.fetchall()]
    assert any(definition.endswith("(user_id, id)") for definition in definitions)

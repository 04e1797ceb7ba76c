"""« Ce n’était pas moi »: a person sees in their history what they did not do, and says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.devices.models import Device
from accounts.models import OneTimeLink, Session, User
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from oidc_provider.models import Grant, LogoutNotice
from tests.actors import EndUser, hidden_fields, link_of
from tests.oidc_provider.test_services import text
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
HISTORY, PAGE = "/mon-compte/historique/", "/mon-compte/historique/signaler/"
NEW = "Baleine Bleue 2027"


@pytest.fixture
def partner():
    return RelyingParty.registered(
        scope="openid email offline_access",
        grant_types=["authorization_code", "refresh_token"],
        backchannel_logout_uri="https://impots.example.nc/deconnexion",
    )


@pytest.fixture
def moana(end_user):
    end_user.account = end_user.has_an_account()
    end_user.signs_in()
    return end_user


@pytest.fixture
def thief(moana):
    """Who knows her password, on another network."""
    person = EndUser(StrictClient(REMOTE_ADDR="203.0.113.66"), moana.email)
    person.signs_in()
    return person


@pytest.fixture
def jean():
    """Somebody else, to whom nothing happens."""
    person = EndUser(StrictClient(REMOTE_ADDR="198.51.100.9"), email="jean@exemple.nc")
    person.account = person.has_an_account()
    person.signs_in()
    return person


def latest(event="sign_in") -> Event:
    return Event.objects.filter(event=event).order_by("-pk").first()


def denies(person, event: Event):
    person.opens(f"{PAGE}?evenement={event.pk}")
    return person.sends(person.form("evenement"))


def test_from_the_line_in_the_history_to_a_new_password(moana, thief):
    page = moana.opens(HISTORY)
    address = f"{PAGE}?evenement={latest().pk}"
    assert f'href="{address}"' in page.content.decode()
    page = moana.opens(address)
    assert "un autre réseau (203.0.113…)" in text(page)
    assert Session.objects.count() == 2  # to look closes nothing
    page = moana.sends(moana.form("evenement"))
    assert "C’est fait" in text(page)
    assert moana.email in page.content.decode()
    [mail] = moana.mails("not_me")
    assert mail.subject.startswith("Votre compte NC Connect est protégé")
    moana.opens(link_of(mail))
    moana.sends(password1=NEW, password2=NEW)
    moana.password = NEW
    assert moana.signs_in().request["PATH_INFO"] == "/mon-compte/"
    said = [line.words for line in moana.opens(HISTORY).context["found"].lines]
    assert "Vous avez signalé\u00a0: «\u00a0Connexion réussie\u00a0»." in said
    assert "Déconnexion\u00a0: vous avez signalé un événement." in said


def test_the_stranger_is_out_everywhere_and_the_password_lets_nobody_in(partner, moana, thief):
    tokens = partner.tokens(thief, scope="openid email offline_access", prompt="consent")
    denies(moana, latest())
    assert thief.client.get("/mon-compte/").status_code == 302
    assert moana.client.get("/mon-compte/").status_code == 302
    assert partner.userinfo(tokens["access_token"]).status_code == 401
    assert partner.refreshes(tokens["refresh_token"]).status_code == 400
    assert not Grant.objects.filter(revoked_at=None).exists()
    assert LogoutNotice.objects.count() == 1
    for person in (thief, moana):
        assert 'id="login-title"' in person.signs_in().content.decode()
    assert not Session.objects.filter(user=moana.account).exists()
    assert not Device.objects.filter(user=moana.account).exists()


def test_a_link_that_was_asked_for_before_is_dead(moana, thief):
    thief.opens("/mot-de-passe-oublie/")
    thief.submits(email=moana.email)
    before = link_of(moana.mails("password_reset")[0])
    denies(moana, latest())
    assert thief.opens(before).status_code == 410
    assert OneTimeLink.objects.filter(superseded_at=None).count() == 1


def test_nothing_happens_to_anybody_else(partner, moana, thief, jean):
    tokens = partner.tokens(jean)
    denies(moana, Event.objects.filter(user_id=moana.account.pk).order_by("-pk").first())
    assert jean.opens("/mon-compte/").context["user"] == jean.account
    assert partner.userinfo(tokens["access_token"]).status_code == 200
    assert Device.objects.get().user == jean.account
    assert not Outbox.objects.filter(to=jean.email).exists()
    assert User.objects.get(pk=jean.account.pk).has_usable_password()


def test_it_is_written_down_for_support_and_names_the_event(moana, thief):
    event = latest()
    denies(moana, event)
    written = Event.objects.get(event="event_denied")
    assert (written.user_id, written.facts) == (
        moana.account.pk,
        {"denied": event.pk, "what": "sign_in"},
    )


def test_sent_twice_it_is_the_same_page_and_is_done_once(moana, thief):
    moana.opens(f"{PAGE}?evenement={latest().pk}")
    form = moana.form("evenement")
    first = moana.sends(form)
    again = moana.sends(form)
    assert text(first) == text(again)
    assert Event.objects.filter(event="event_denied").count() == 1
    assert len(moana.mails("not_me")) == 1


def test_a_form_of_somebody_who_said_nothing_shows_nothing(moana, thief):
    """Signed out, a person's form about another event leads to the sign-in and no further."""
    moana.opens(f"{PAGE}?evenement={latest().pk}")
    form = moana.form("evenement")
    moana.signs_out()
    assert 'id="login-title"' in moana.sends(form).content.decode()
    assert not Event.objects.filter(event="event_denied").exists()


def test_a_proof_is_asked_that_is_not_old_and_the_page_comes_back(moana, time_machine):
    event = latest()
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    page = moana.opens(f"{PAGE}?evenement={event.pk}")
    assert "Ce n’était pas moi" in text(page)  # to look asks for none
    page = moana.sends(moana.form("evenement"))
    assert "Confirmez que c’est vous" in text(page)
    assert not Event.objects.filter(event="event_denied").exists()
    page = moana.submits(password=moana.password)
    assert page.request["PATH_INFO"] == PAGE
    assert "C’est fait" in text(moana.sends(moana.form("evenement")))


@pytest.mark.parametrize("way", ["get", "post"])
def test_an_event_of_another_person_or_none_is_not_there(moana, jean, way):
    theirs = Event.objects.filter(user_id=jean.account.pk).first()
    token = hidden_fields(moana.opens(f"{PAGE}?evenement={_own(moana).pk}"))
    for typed in (theirs.pk, 10**17, "x", "-1", "1" * 40, "1\x00", "\ud800"):
        data = {"evenement": str(typed).encode("utf-8", "surrogatepass")}
        sent = data if way == "get" else token | data
        assert getattr(moana.client, way)(PAGE, sent).status_code == 404
    assert not Event.objects.filter(event="event_denied").exists()


def _own(person) -> Event:
    return Event.objects.filter(user_id=person.account.pk).first()


def test_what_is_old_or_of_another_kind_is_not_to_be_denied(moana, partner):
    old = timezone.now() - timedelta(days=30, minutes=1)
    late = Event.objects.create(user_id=moana.account.pk, event="sign_in", at=old)
    partner.tokens(moana)
    for event in (late, latest("token_issued")):
        assert moana.opens(f"{PAGE}?evenement={event.pk}").status_code == 404
    page = moana.opens(f"{HISTORY}?famille=services").content.decode()
    assert PAGE not in page
    recent = Event.objects.create(
        user_id=moana.account.pk, event="sign_in", at=old + timedelta(minutes=2)
    )
    assert moana.opens(f"{PAGE}?evenement={recent.pk}").status_code == 200


def test_without_an_event_it_is_the_history(moana):
    assert moana.opens(PAGE).request["PATH_INFO"] == HISTORY


def test_the_page_of_one_person_closes_nothing_of_another(moana, jean):
    moana.opens(f"{PAGE}?evenement={_own(moana).pk}")
    form = moana.form("evenement")
    here = EndUser(moana.client, jean.email)
    here.signs_in()  # in the same browser
    token = hidden_fields(here.opens(f"{PAGE}?evenement={_own(jean).pk}"))["csrfmiddlewaretoken"]
    page = here.sends(form, csrfmiddlewaretoken=token)
    assert "Cette page n’était pas celle de ce compte." in text(page)
    assert not Event.objects.filter(event="event_denied").exists()


def test_in_english_with_its_mail(moana):
    page = moana.opens(f"{PAGE}?evenement={latest().pk}&lang=en")
    assert "It was not me" in text(page)
    page = moana.sends(moana.form("evenement"))
    assert "All sessions are closed." in text(page)
    assert moana.mails("not_me")[0].subject.startswith("Your NC Connect account is protected")


def test_the_page_that_says_it_is_done_speaks_to_nobody_else(moana, jean):
    page = denies(moana, _own(moana))
    address = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    assert "C’est fait" not in text(jean.opens(address))
    assert (
        'id="login-title"'
        in EndUser(StrictClient()).opens("/mon-compte/historique/signale/").content.decode()
    )

"""Who can neither see nor hear the test signs up all the same, by an invitation from support."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts import purge
from accounts.flows import invitation as flow
from accounts.models import Invitation, OneTimeLink, User
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS, Limit
from tests import staff
from tests.actors import PASSWORD, EndUser, hidden_fields, link_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

WAITING = "Veuillez activer votre compte"
ENDED = "Cette invitation n’est plus valable."


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def invited():
    """A person, the browser they use, and the link of their invitation in their mailbox."""
    person = EndUser(StrictClient(), email="moana@exemple.nc")
    flow.invite(email=person.email)
    return person


def link(person: EndUser) -> str:
    return link_of(person.mails()[-1])


def fills_in(person: EndUser, address: str, **fields):
    form = {
        "email": person.email,
        "email2": person.email,
        "password1": PASSWORD,
        "password2": PASSWORD,
        "cgu": "on",
    }
    return person.client.post(
        address, hidden_fields(person.opens(address)) | form | fields, follow=True
    )


def test_the_link_opens_the_page_without_the_test_and_with_the_address(invited):
    page = text(invited.opens(link(invited)))
    assert "captcha_jeton" not in page
    assert f'value="{invited.email}"' in page


def test_the_account_is_asked_for_and_its_mailbox_proved_as_ever(invited):
    assert WAITING in text(fills_in(invited, link(invited)))
    user = User.objects.get(email=invited.email)
    assert not user.is_activated
    assert Outbox.objects.filter(to=invited.email, name="activation").count() == 1
    events = list(Event.objects.values_list("event", flat=True))
    assert events == ["invitation_sent", "invitation_used", "sign_up"]


def test_to_open_the_link_does_not_use_it_up(invited):
    """Mail scanners open what they find."""
    for _visit in range(3):
        StrictClient().get(link(invited))
    assert WAITING in text(fills_in(invited, link(invited)))


def test_it_serves_once(invited):
    address = link(invited)
    fills_in(invited, address)
    page = text(StrictClient().get(address, follow=True))
    assert ENDED in page
    assert "captcha_jeton" in page


def test_the_button_pressed_twice_has_one_effect_and_one_answer(invited):
    address = link(invited)
    form = hidden_fields(invited.opens(address)) | {
        "email": invited.email,
        "email2": invited.email,
        "password1": PASSWORD,
        "password2": PASSWORD,
        "cgu": "on",
    }
    first, second = (invited.client.post(address, form) for _press in range(2))
    assert first.status_code == second.status_code == 302
    assert WAITING in text(invited.client.get(second["Location"]))
    assert OneTimeLink.objects.count() == 1


def test_it_is_for_its_address_alone(invited):
    page = fills_in(invited, link(invited), email="autre@exemple.nc", email2="autre@exemple.nc")
    assert "Cette invitation est pour l’adresse moana@exemple.nc." in text(page)
    assert not User.objects.exists()
    assert Invitation.objects.get().used_at is None


def test_an_error_in_the_form_does_not_use_it_up(invited):
    fills_in(invited, link(invited), password2="Autre chose 2026")
    assert Invitation.objects.get().used_at is None
    assert WAITING in text(fills_in(invited, link(invited)))


def test_it_lives_48_hours(invited, time_machine):
    address = link(invited)
    time_machine.move_to(timezone.now() + timedelta(hours=47, minutes=59))
    assert "captcha_jeton" not in text(invited.opens(address))
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert ENDED in text(invited.opens(address))


@pytest.mark.parametrize("token", ["x", "A" * 43, "é", "0" * 2000])
def test_what_is_no_invitation_opens_nothing(db, token):
    address = reverse("accounts:invited", args=[token])
    assert ENDED in text(StrictClient().get(address, follow=True))


def test_neither_tests_nor_a_crowded_network_hold_it_up(invited, monkeypatch):
    for name in ("captcha_shown", "captcha_answer", "sign_up", "sign_up_most"):
        monkeypatch.setitem(LIMITS, name, Limit(0, 3600, "network", ""))
    assert WAITING in text(fills_in(invited, link(invited)))
    mail = Outbox.objects.get(name="activation")
    assert mail.next_at <= timezone.now()


def test_somebody_else_meets_the_test_as_ever(invited, end_user):
    assert "captcha_jeton" in text(end_user.opens("/inscription/"))


def test_two_uses_at_once_are_one(invited):
    row = Invitation.objects.get()
    assert flow.use(row)
    assert not flow.use(row)


def test_whoever_has_an_account_is_not_invited():
    User.objects.create_user("moana@exemple.nc", PASSWORD, activated_at=timezone.now())
    with pytest.raises(flow.HasAccount):
        flow.invite(email="Moana@exemple.nc")
    assert not Outbox.objects.exists()


class TestCommand:
    def test_it_mails_the_link_and_does_not_print_it(self):
        out = StringIO()
        call_command("invite", " Moana@Exemple.nc ", "--language", "en", stdout=out)
        mail = Outbox.objects.get()
        assert (mail.to, mail.language) == ("moana@exemple.nc", "en")
        assert "moana@exemple.nc" in out.getvalue()
        assert "/inscription/" not in out.getvalue()

    @pytest.mark.parametrize("email", ["moana", "taken@exemple.nc"])
    def test_it_says_why_it_does_not(self, email):
        User.objects.create_user("taken@exemple.nc", PASSWORD, activated_at=timezone.now())
        with pytest.raises(CommandError, match=email):
            call_command("invite", email)


class TestAdministration:
    ADD = "/admin/accounts/invitation/add/"

    def sends(self, client, form: dict):
        token = hidden_fields(client.get(self.ADD)).get("csrfmiddlewaretoken", "")
        return client.post(self.ADD, form | {"csrfmiddlewaretoken": token})

    @pytest.fixture
    def support(self, client):
        return staff.agent(EndUser(client, email="assistance@gouv.nc"), "support").account

    def test_support_sends_an_invitation(self, support, client):
        sent = self.sends(client, {"email": "moana@exemple.nc", "language": "fr"})
        assert sent.status_code == 302
        row = Invitation.objects.get()
        assert row.invited_by == support
        assert Outbox.objects.get().to == row.email
        assert Event.objects.get(event="invitation_sent").actor_id == support.pk

    def test_an_address_with_an_account_is_told(self, support, client):
        page = self.sends(client, {"email": support.email, "language": "fr"})
        assert "Cette adresse a déjà un compte." in text(page)
        assert not Invitation.objects.exists()

    def test_staff_without_the_right_may_not(self, client):
        agent = User.objects.create_user(
            "agent@gouv.nc", PASSWORD, activated_at=timezone.now(), is_staff=True
        )
        client.force_login(agent)
        sent = self.sends(client, {"email": "moana@exemple.nc", "language": "fr"})
        assert sent.status_code == 403
        assert not Invitation.objects.exists()


def test_old_invitations_are_purged(invited, time_machine):
    assert purge.invitations() == 0
    time_machine.move_to(timezone.now() + timedelta(days=33))
    flow.invite(email="hina@exemple.nc")
    assert purge.invitations() == 1
    assert Invitation.objects.get().email == "hina@exemple.nc"

"""« Confirmez que c’est vous »: a session that lies open reads, and changes nothing."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

from accounts import confirmation
from accounts.flows import confirmation as flow
from accounts.models import PersonChanged, Session, User
from accounts.views.pages import FormPage
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS
from ncconnect.urls import handler404  # noqa: F401
from ncconnect.urls import urlpatterns as addresses
from tests.actors import PASSWORD, EndUser
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PAGE, LATER = "/essai/", "/essai/apres/"
WRONG = "Faux2026xy"
SECOND = timedelta(seconds=1)
done = []


class PhoneForm(forms.Form):
    phone = forms.CharField()
    pin = forms.CharField(required=False)


class Phone(LoginRequiredMixin, FormPage):
    template_name = "accounts/password_forgotten.html"
    form_class = PhoneForm
    name = "essai"

    def get_initial(self):
        return confirmation.typed(self.request, self.name)

    def form_valid(self, form):
        done.append((self.request.user.email, form.cleaned_data["phone"]))
        return HttpResponse("fait")

    def render_to_response(self, context, **kwargs):
        token = context["view"].request.META.get("CSRF_COOKIE", "")
        form = context["form"]
        hidden = f"<input type=hidden name=csrfmiddlewaretoken value={token}>"
        fields = f"{hidden}{form['phone']}{form['pin']}"
        return HttpResponse(f"<!doctype html><form method=post id=essai>{fields}</form>")


asking = confirmation.confirmed("essai", keeps=("phone",))(
    type("Asking", (Phone,), {"__module__": __name__})
)
acting = confirmation.confirmed("apres", keeps=("phone",), to_look=False)(
    type("Acting", (Phone,), {"__module__": __name__, "name": "apres"})
)
urlpatterns = [
    path("essai/", asking.as_view(), name="essai"),
    path("essai/apres/", acting.as_view(), name="apres"),
    *addresses,
]


@pytest.fixture(autouse=True)
def _table(monkeypatch, time_machine):
    done.clear()
    for name in ("essai", "apres"):
        asker = confirmation.Asker(name, "changer votre téléphone", confirmation.AGE)
        monkeypatch.setitem(confirmation._askers, name, asker)
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def moana(end_user) -> EndUser:
    end_user.has_an_account()
    end_user.signs_in()
    return end_user


def text(response) -> str:
    return response.content.decode()


def asked(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/confirmer/?pour=")


def events(user_email: str, name: str) -> int:
    return Event.objects.filter(event=name, user_id=User.objects.get(email=user_email).pk).count()


class TestWhenItIsAsked:
    @pytest.mark.parametrize(("age", "is_asked"), [(0 * SECOND, False), (SECOND, True)])
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_a_form_is_not_shown_by_a_proof_that_is_five_minutes_and_a_second_old(
        self, moana, time_machine, method, age, is_asked
    ):
        time_machine.shift(confirmation.AGE + age)
        assert asked(getattr(moana.client, method)(PAGE)) is is_asked

    @pytest.mark.parametrize(("age", "is_asked"), [(0 * SECOND, False), (SECOND, True)])
    def test_nor_is_one_executed_that_was_shown_before(self, moana, time_machine, age, is_asked):
        moana.opens(PAGE)
        form = moana.form("phone")
        time_machine.shift(confirmation.AGE + age)
        response = form.sent_by(moana.client, phone="751234")
        assert asked(response) is is_asked
        assert bool(done) is not is_asked

    def test_where_looking_needs_no_proof_acting_does(self, moana, time_machine):
        time_machine.shift(confirmation.AGE + SECOND)
        assert moana.opens(LATER).status_code == 200
        assert asked(moana.form("phone").sent_by(moana.client, phone="751234"))
        assert not done

    def test_a_session_from_before_there_were_proofs_has_none(self, moana):
        Session.objects.update(confirmed_at=None)
        assert asked(moana.client.get(PAGE))

    def test_who_is_not_signed_in_is_sent_to_sign_in_and_then_asked_nothing(self, moana):
        moana.signs_out()
        page = moana.opens(PAGE)
        assert 'id="login"' in text(page)
        assert 'name="phone"' in text(moana.signs_in(way=PAGE))

    def test_changing_the_password_is_a_proof(self, moana, time_machine):
        time_machine.shift(confirmation.AGE + SECOND)
        moana.opens("/mon-compte/mot-de-passe/")
        new = "Nouveau Lagon 7"
        moana.sends(current=moana.password, password1=new, password2=new)
        assert moana.client.get(PAGE).status_code == 200


class TestConfirming:
    def asks(self, person: EndUser, time_machine, **typed) -> None:
        """They fill in the form, and send it when the proof is too old."""
        person.opens(PAGE)
        form = person.form("phone")
        time_machine.shift(confirmation.AGE + SECOND)
        person.sends(form, **typed)

    def test_what_was_typed_comes_back_filled_in_and_not_executed(self, moana, time_machine):
        self.asks(moana, time_machine, phone="75 12 34", pin="4711")
        page = text(moana.page)
        assert "Confirmez que c’est vous" in page
        assert "avant\u00a0: changer votre téléphone." in page
        shown = text(moana.sends(password=PASSWORD))
        assert 'value="75 12 34"' in shown
        assert not done
        moana.sends(moana.form("phone"), phone="75 12 34")
        assert done == [(moana.email, "75 12 34")]

    def test_only_what_the_page_names_is_kept(self, moana, time_machine):
        """A secret in an address would be read over a shoulder and kept by a history."""
        self.asks(moana, time_machine, phone="75 12 34", pin="4711")
        assert 'value="4711"' not in text(moana.sends(password=PASSWORD))

    def test_another_person_in_this_browser_finds_nothing_of_it(
        self, moana, stranger, time_machine
    ):
        self.asks(moana, time_machine, phone="75 12 34")
        way = f"{PAGE}?{moana.page.request['QUERY_STRING']}"
        assert "saisie=" in way
        stranger.has_an_account()
        moana.signs_out()
        moana.signs_in(username=stranger.email)
        assert "75 12 34" not in text(moana.opens(way))

    def test_nor_does_another_page(self, moana, time_machine):
        self.asks(moana, time_machine, phone="75 12 34")
        [sealed] = parse_qs(moana.page.request["QUERY_STRING"])["saisie"]
        moana.sends(password=PASSWORD)
        assert "75 12 34" in text(moana.opens(f"{PAGE}?saisie={sealed}"))
        assert "75 12 34" not in text(moana.opens(f"{LATER}?saisie={sealed}"))

    @pytest.mark.parametrize("typed", ["x" * 20_000, "\x00\ufffd", ""])
    def test_whatever_was_typed_it_ends_on_a_page(self, moana, time_machine, typed):
        self.asks(moana, time_machine, phone=typed)
        assert moana.page.status_code == 200
        assert 'name="phone"' in text(moana.sends(password=PASSWORD))

    def test_it_counts_for_this_session_alone(self, moana, time_machine):
        other = EndUser(StrictClient(), moana.email, moana.password)
        other.signs_in()
        time_machine.shift(confirmation.AGE + SECOND)
        moana.opens(PAGE)
        moana.sends(password=PASSWORD)
        assert moana.client.get(PAGE).status_code == 200
        assert asked(other.client.get(PAGE))
        assert events(moana.email, "confirmed") == 1

    def test_a_wrong_password_proves_nothing_and_is_written_down(self, moana, time_machine):
        time_machine.shift(confirmation.AGE + SECOND)
        moana.opens(PAGE)
        page = moana.sends(password=WRONG)
        assert "Ce mot de passe n’est pas le bon." in text(page)
        assert WRONG not in text(page)
        assert asked(moana.client.get(PAGE))
        assert (events(moana.email, "confirmation_refused"), events(moana.email, "confirmed")) == (
            1,
            0,
        )

    def test_nothing_typed_is_no_try(self, moana, time_machine):
        time_machine.shift(confirmation.AGE + SECOND)
        moana.opens(PAGE)
        assert "Saisissez votre mot de passe." in text(moana.sends(password=""))
        assert events(moana.email, "confirmation_refused") == 0

    def test_who_is_fresh_by_now_is_asked_nothing(self, moana):
        assert 'name="phone"' in text(moana.opens("/confirmer/?pour=essai"))

    def test_in_english(self, moana, time_machine):
        self.asks(moana, time_machine, phone="75 12 34")
        address = f"/confirmer/?{moana.page.request['QUERY_STRING']}&lang=en"
        assert "Confirm that it is you" in text(moana.opens(address))

    def test_a_page_of_somebody_else_proves_nothing_of_who_is_here_now(
        self, moana, stranger, time_machine
    ):
        time_machine.shift(confirmation.AGE + SECOND)
        moana.opens(PAGE)
        form = moana.form("password")
        stranger.has_an_account()
        moana.signs_out()
        moana.signs_in(username=stranger.email)
        time_machine.shift(confirmation.AGE + SECOND)
        moana.sends(form, password=PASSWORD)
        assert asked(moana.client.get(PAGE))


class TestTheTable:
    @pytest.mark.parametrize(
        "name",
        ["", "inconnu", "/essai/", "//mal.example", "https://mal.example", "\x00", "é" * 500],
    )
    @pytest.mark.parametrize("is_fresh", [True, False])
    def test_a_page_that_it_does_not_have_is_no_way_on(self, moana, name, is_fresh):
        if not is_fresh:
            Session.objects.update(confirmed_at=None)
        assert moana.client.get("/confirmer/", {"pour": name}).status_code == 404

    def test_the_way_to_the_partner_is_kept(self, moana):
        Session.objects.update(confirmed_at=None)
        moana.opens(f"{PAGE}?next=/aide/")
        assert moana.page.request["QUERY_STRING"].endswith("next=%2Faide%2F")
        moana.sends(password=PASSWORD)
        assert moana.page.request["PATH_INFO"] == PAGE
        assert "next=%2Faide%2F" in moana.page.request["QUERY_STRING"]

    def test_a_foreign_way_is_not(self, moana):
        Session.objects.update(confirmed_at=None)
        response = moana.client.get(f"{PAGE}?next=https://mal.example/")
        assert "mal" not in response["Location"]


class TestLimits:
    def test_the_hour_and_the_other_way_are_said(self, moana):
        Session.objects.update(confirmed_at=None)
        moana.opens(PAGE)
        for _ in range(LIMITS["confirmation"].number):
            moana.sends(password=WRONG)
        page = moana.sends(password=PASSWORD)
        assert page.status_code == 429
        assert 0 < int(page["Retry-After"]) <= LIMITS["confirmation"].window
        again = timezone.localtime() + timedelta(seconds=int(page["Retry-After"]))
        assert f"Réessayez à {again:%H:%M}" in text(page)
        assert asked(moana.client.get(PAGE))

    def test_signing_in_anew_is_that_way(self, moana):
        self.test_the_hour_and_the_other_way_are_said(moana)
        moana.signs_out()
        moana.signs_in()
        assert moana.client.get(PAGE).status_code == 200

    def test_a_stolen_session_ends_and_slows_nobody_else(self, moana, stranger):
        stranger.has_an_account()
        stranger.signs_in()
        mine = EndUser(StrictClient(), moana.email, moana.password)
        mine.signs_in()
        self.test_the_hour_and_the_other_way_are_said(moana)
        for person in (mine, stranger):
            person.opens(PAGE)
            person.sends(password=PASSWORD)
            assert person.client.get(PAGE).status_code == 200

    def test_a_right_password_forgets_the_wrong_ones(self, moana):
        for _ in range(LIMITS["confirmation"].number):
            Session.objects.update(confirmed_at=None)
            moana.opens(PAGE)
            moana.sends(password=WRONG)
            assert moana.sends(password=PASSWORD).status_code == 200


class TestMeanwhile:
    @pytest.fixture
    def session(self, moana) -> Session:
        Session.objects.update(confirmed_at=None)
        return Session.objects.select_related("user").get()

    @pytest.mark.parametrize("meanwhile", ["password", "suspended"])
    def test_what_was_true_before_the_hash_proves_nothing(self, session, meanwhile, time_machine):
        user = session.user
        time_machine.shift(SECOND)
        anew = User.objects.get(pk=user.pk)
        if meanwhile == "password":
            anew.set_password("Nouveau Lagon 7")
        anew.is_active = meanwhile == "password"
        anew.save()
        with pytest.raises(PersonChanged):
            flow.confirm(user, password=PASSWORD, session=session)
        assert Session.objects.get().confirmed_at is None

    @pytest.mark.parametrize("how", ["deleted", "run out"])
    def test_a_session_that_has_ended_does_not_come_back(self, session, how):
        if how == "deleted":
            Session.objects.all().delete()
        else:
            Session.objects.update(expire_date=timezone.now())
        with pytest.raises(flow.SessionOver):
            flow.confirm(session.user, password=PASSWORD, session=session)
        assert not Session.objects.exclude(confirmed_at=None).exists()
        assert events(session.user.email, "confirmed") == 0

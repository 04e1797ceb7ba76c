"""The test in a form, without JavaScript: what a visitor sees, presses and gets."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.captcha import Captcha
from accounts.captcha.models import CaptchaAnswer
from ncconnect.sealed import Seal
from tests.accounts.captcha.site import NameForm

WRONG = "Les images choisies ne correspondent pas. Voici un nouveau test."


def test_the_page_asks_for_a_word_and_shows_nine_pictures_that_say_nothing(visitor):
    word = visitor.test.concept.word("fr")
    assert (
        "Vérification\u00a0: choisissez la ou les images qui correspondent au mot"
        f" «\u00a0{word}\u00a0»" in visitor.page
    )
    assert len(set(visitor.form.choices)) == len(visitor.form.sources) == 9
    assert len(set(visitor.form.sources)) == 1  # one sheet, cut by the stylesheet
    assert 'alt="Image 9 du test"' in visitor.page
    assert visitor.test.concept.slug not in "".join(visitor.form.sources)
    assert "Il peut y avoir plusieurs bonnes réponses." in visitor.page
    assert 'href="/contact/#test"' in visitor.page


def test_the_right_pictures_open_the_door(visitor):
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_the_word_follows_the_language(visitor):
    visitor.client.cookies["langue"] = "en"
    visitor.opens()
    assert visitor.test.concept.word("en") in visitor.page


def test_a_wrong_choice_says_so_and_gives_a_new_test(visitor):
    first = visitor.test.facts
    visitor.answers_wrongly(name="Wamytan")
    assert WRONG in visitor.page
    assert visitor.test.facts.seed != first.seed
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_no_choice_keeps_the_test_and_asks_for_one(visitor):
    first = visitor.test.facts
    visitor.sends(name="Wamytan")
    assert "Choisissez la ou les images qui correspondent au mot." in visitor.page
    assert visitor.test.facts == first
    assert visitor.form.fields["name"] == "Wamytan"


def test_a_passed_test_survives_the_errors_of_other_fields(visitor):
    visitor.answers(name="")
    assert "Vérification réussie" in visitor.page
    assert not visitor.form.choices
    assert visitor.sends(name="Wamytan") == "fait pour Wamytan"


def test_a_passed_test_opens_one_door_only(visitor):
    visitor.answers(name="")
    passed = visitor.form.fields
    assert visitor.sends(name="Wamytan") == "fait pour Wamytan"
    visitor.form.fields = passed
    visitor.sends(name="Naisseline")
    assert "fait" not in visitor.page
    assert visitor.form.choices


def test_an_answer_cannot_be_sent_twice(visitor):
    answer = visitor.form.fields | visitor.right_answer() | {"name": "Wamytan"}
    assert visitor.sends(**answer) == "fait pour Wamytan"
    visitor.sends(**answer)
    assert "Ce test a expiré. Voici un nouveau test." in visitor.page


def test_an_answer_of_another_browser_is_worth_nothing(visitor, stranger):
    stolen = visitor.form.fields | visitor.right_answer() | {"name": "Wamytan"}
    page = stranger.sends(**stolen)
    assert "Ce test a expiré. Voici un nouveau test." in page
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_an_expired_test_gives_a_new_one_and_keeps_the_form(visitor, time_machine):
    time_machine.move_to(timezone.now())
    answer = visitor.right_answer()
    time_machine.shift(timedelta(minutes=21))
    visitor.sends(**answer, name="Wamytan")
    assert "Ce test a expiré. Voici un nouveau test." in visitor.page
    assert visitor.form.fields["name"] == "Wamytan"
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_other_pictures_are_plainer_and_judge_nothing(visitor):
    first = visitor.test
    visitor.presses("captcha_autre", name="", **visitor.right_answer())
    assert visitor.response.status_code == 200
    assert "erreur" not in visitor.page
    assert visitor.test.facts.level == first.facts.level + 1
    assert 'class="grille large"' in visitor.page
    assert visitor.form.focused == "id_captcha"


def test_the_change_buttons_keep_what_was_typed(visitor):
    visitor.presses("captcha_autre", name="Wamytan", agreed="on")
    assert visitor.form.fields["name"] == "Wamytan"
    assert visitor.form.fields["agreed"] == "on"


def test_a_code_can_be_heard_instead(visitor):
    visitor.presses("captcha_audio", name="Wamytan")
    assert visitor.form.sources[0].endswith("/code.wav")
    assert 'inputmode="numeric"' in visitor.page
    assert visitor.test.code not in visitor.page
    assert visitor.answers() == "fait pour Wamytan"


def test_a_wrong_code_gives_another_code(visitor):
    visitor.presses("captcha_audio")
    visitor.sends(captcha_code="12", name="Wamytan")
    assert "Ce code ne correspond pas. Voici un nouveau test." in visitor.page
    assert visitor.form.sources[0].endswith("/code.wav")


def test_one_can_go_back_to_the_pictures(visitor):
    visitor.presses("captcha_audio")
    visitor.presses("captcha_images")
    assert len(visitor.form.choices) == 9


def test_the_kinds_do_not_answer_for_each_other(visitor):
    code = visitor.test.code
    visitor.sends(captcha_code=code, name="Wamytan")
    assert WRONG in visitor.page


def test_too_many_other_tests_keep_the_last_one(visitor):
    for _press in range(10):
        visitor.presses("captcha_autre")
    last = visitor.test.facts
    visitor.presses("captcha_autre", name="Wamytan")
    assert "Vous ne pouvez plus changer de test." in visitor.page
    assert visitor.test.facts == last
    visitor.answers()
    assert visitor.answers() == "fait pour Wamytan"


def test_a_robot_that_fills_every_field_is_told_that_all_is_well(visitor):
    assert visitor.answers(name="Wamytan", site_web="https://x.nc") == "fait, sans rien faire"


@pytest.mark.parametrize(
    "sent",
    [
        {"captcha_jeton": ""},
        {"captcha_jeton": "zz"},
        {"captcha_jeton": "0" * 32},
        {"captcha_jeton": "\x00" * 32, "captcha_choix": "\x00"},
        {"captcha_choix": ["", ""]},
        {"captcha_choix": ["'\"<script>"] * 9},
        {"captcha_code": "1" * 30_000},
        {"captcha_debut": "x:y"},
    ],
)
def test_garbage_is_an_error_and_not_a_failure(visitor, sent):
    visitor.sends(name="Wamytan", **sent)
    assert visitor.response.status_code == 200
    assert "erreur" in visitor.page
    assert "fait pour" not in visitor.page
    assert len(visitor.form.choices) == 9


def test_a_field_of_a_megabyte_is_refused(visitor):
    visitor.sends(name="Wamytan", captcha_choix="0" * 1_000_000)
    assert visitor.response.status_code in (400, 413)


def test_the_token_twice_is_judged_once(visitor):
    visitor.sends(name="Wamytan", captcha_jeton=[visitor.token, "0" * 32], **visitor.right_answer())
    assert "fait pour" not in visitor.page


def test_a_form_without_the_test_draws_none(db):
    form = NameForm(QueryDict("name=Wamytan"), captcha=None)
    assert form.is_valid()
    assert form.redeem_captcha()
    assert not CaptchaAnswer.objects.exists()


def test_the_backend_none_asks_nothing(db, settings):
    settings.CAPTCHA_BACKEND = "none"
    captcha = Captcha(visitor="a" * 64, data=QueryDict("name=Wamytan"))
    form = NameForm(captcha.data, captcha=captcha)
    assert form.is_valid()
    assert form.redeem_captcha()
    assert not CaptchaAnswer.objects.exists()


def filled_in(seconds: float, visitor, time_machine) -> Captcha:
    """What the server knows of a form sent back after so many seconds."""
    time_machine.move_to(timezone.now() + timedelta(seconds=seconds))
    data = QueryDict(mutable=True)
    data.update(visitor.form.fields)
    return Captcha(visitor="a" * 64, data=data)


@pytest.mark.parametrize(("seconds", "too_fast"), [(0.5, True), (2.5, True), (60, False)])
def test_the_time_taken_is_known(visitor, time_machine, seconds, too_fast):
    captcha = filled_in(seconds, visitor, time_machine)
    assert captcha.too_fast is too_fast
    assert abs(captcha.fill_time - seconds) < 1


@pytest.mark.parametrize(
    "sent",
    [
        "1:x",
        Seal("accounts.captcha.opened", version=2, age=None).close(1.0),
        Seal("accounts.attempt", version=1, age=None).close(1.0),
    ],
    ids=["by hand", "of another version", "of another kind"],
)
def test_a_forged_time_is_no_time(db, sent):
    captcha = Captcha(visitor="a" * 64, data=QueryDict(f"captcha_debut={sent}"))
    assert captcha.fill_time is None
    assert captcha.too_fast


def test_a_form_that_lay_open_for_days_tells_it(visitor, time_machine):
    days = timedelta(days=3).total_seconds()
    assert abs(filled_in(days, visitor, time_machine).fill_time - days) < 1


def test_the_time_is_sealed_and_short(visitor):
    assert re.fullmatch(r"[A-Za-z0-9_-]{30,56}", visitor.form.fields["captcha_debut"])


def test_the_time_counts_from_the_first_page(visitor):
    opened = visitor.form.fields["captcha_debut"]
    visitor.answers_wrongly(name="")
    assert visitor.form.fields["captcha_debut"] == opened


def test_a_page_that_shows_no_test_costs_no_query(db, django_assert_num_queries):
    request = SimpleNamespace(META={"CSRF_COOKIE": "x" * 32}, POST=QueryDict(), client_network="")
    with django_assert_num_queries(0):
        captcha = Captcha.from_request(request)
        assert not captcha.wants_change
        assert not Captcha.was_shown_in(request.POST)

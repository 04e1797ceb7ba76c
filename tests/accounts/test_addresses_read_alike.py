"""One address, however it was copied, is read alike at every door; so is what is no address.

``DOORS`` is the table: each line takes a text to one door, and says which address it read there,
or None. A new door is a new line.
"""

import csv
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.admin import UserAdmin
from accounts.email_identity import InvalidEmail, canonical
from accounts.forms import PasswordForgottenForm, SignInForm, SignUpForm
from accounts.models import User
from ncconnect.administration import admin
from oidc_provider.authorize import pending
from oidc_provider.models import SubjectIdentifier
from tests.page_forms import form_of
from tests.samples import examples

pytestmark = pytest.mark.django_db

ADDRESS = "moana.k+nc@lagoon.nc"


def of_a_form(form, field):
    form.is_valid()
    return form.cleaned_data.get(field)


def at_sign_in(text):
    return of_a_form(SignInForm({"username": text, "password": "Soleil2024"}), "username")


def at_sign_up(text):
    return of_a_form(SignUpForm({"email": text}), "email")


def at_sign_up_again(text):
    return of_a_form(SignUpForm({"email2": text}), "email2")


def at_the_forgotten_password(text):
    return of_a_form(PasswordForgottenForm({"email": text}), "email")


def in_a_login_hint(text):
    return pending._address(text) or None


def in_the_administration(text):
    user = User(email=text)
    try:
        user.clean()
    except (InvalidEmail, ValidationError):
        return None
    return user.email


def by_create_account(text):
    try:
        call_command("create_account", email=text, stdout=io.StringIO())
    except CommandError:
        return None
    user = User.objects.get()
    user.delete()
    return user.email


def by_import_subjects(text, tmp_path):
    try:
        user = User.objects.create_user(canonical(text))
    except InvalidEmail:
        user = User.objects.create_user(ADDRESS)
    rows = io.StringIO(newline="")
    csv.writer(rows).writerows([["account", "sector", "sub"], [text, "public", "s1"]])
    file = tmp_path / "subjects.csv"
    file.write_text(rows.getvalue(), encoding="utf-8", newline="")
    try:
        call_command("import_subjects", file, stdout=io.StringIO())
    except CommandError:
        return None
    else:
        return SubjectIdentifier.objects.get().user.email
    finally:
        user.delete()


DOORS = (
    at_sign_in,
    at_sign_up,
    at_sign_up_again,
    at_the_forgotten_password,
    in_a_login_hint,
    in_the_administration,
    by_create_account,
)

UNSEEN = (
    "\u200b\ufeff\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u00ad\u200e\u200f"
)
wide = st.sampled_from("@.+kK").map(lambda c: (c, chr(ord(c) + 0xFEE0)))
AROUND = (
    "{}",
    " {} ",
    "\u00a0{}\u202f",
    "mailto:{}",
    "MAILTO:{}?subject=Bonjour",
    "Moana K. <{}>",
    '"K., Moana" <{}>',
    "<mailto:{}>",
    "{},",
    "{}.",
    "{} ;",
    "«\u00a0{}\u00a0»",
    "“{}”",
    "({})",
)


@st.composite
def copied(draw, address=ADDRESS):
    """The address as a copy, a keyboard or a phone hands it over; nobody typed another one."""
    letters = list(address)
    for _ in range(draw(st.integers(0, 4))):
        letters.insert(draw(st.integers(0, len(letters))), draw(st.sampled_from(UNSEEN)))
    text = "".join(draw(st.sampled_from((c, c.upper()))) for c in letters)
    narrow, broad = draw(wide)
    return draw(st.sampled_from(AROUND)).format(text.replace(narrow, broad))


quick = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@quick
@given(text=copied())
def test_who_pastes_their_own_address_is_known_at_every_door(text):
    assert {door.__name__: door(text) for door in DOORS} == {
        door.__name__: ADDRESS for door in DOORS
    }


@quick
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
    .map(lambda some: f"moana{some}@lagoon.nc")
    .filter(lambda text: text.strip() == text)
)
@example("moana\u212a@lagoon.nc")
@example("moana@lagoon\u3002nc")
@example("moana@\u212aone.nc")
@example("jérôme@lagoon.nc")
@example("moana @lagoon.nc")
@example("moana@lagoon.nc, rose@lagoon.nc")
def test_what_one_door_refuses_no_other_takes(text):
    read = {door.__name__: door(text) for door in DOORS}
    assert len(set(read.values())) == 1, read


@pytest.mark.parametrize("text", [" Moana <moana.k+nc@lagoon.nc>, ", "\ufeffmoana.k+nc@lagoon.nc"])
def test_the_file_of_former_identifiers_reads_them_alike(text, tmp_path):
    assert by_import_subjects(text, tmp_path) == ADDRESS
    assert by_import_subjects("moana\u212a@lagoon.nc", tmp_path) is None


@pytest.mark.parametrize("text", ["mailto:Moana.K+nc@lagoon.nc", "moana.k", "\u200bMOANA.K+nc@ "])
def test_support_finds_the_account_of_an_address_that_was_copied(text, rf):
    person, other = User.objects.create_user(ADDRESS), User.objects.create_user("jean@exemple.nc")
    found, _ = UserAdmin(User, admin.site).get_search_results(
        rf.get("/", {"q": text}), User.objects.all(), text
    )
    assert list(found) == [person]
    assert other not in found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("moana", "L’adresse e-mail doit avoir la forme nom@exemple.nc."),
        (
            "jérôme@lagoon.nc",
            "L’adresse e-mail ne peut pas contenir «\u00a0é\u00a0» à cet endroit.",
        ),
        (
            "\u212aim@lagoon.nc",
            "L’adresse e-mail ne peut pas contenir «\u00a0\u212a\u00a0» (U+212A) à cet endroit.",
        ),
        ("mo ana@lagoon.nc", "L’adresse e-mail ne doit pas contenir d’espace."),
        ("mo\u200cana@lagoon.nc", "L’adresse e-mail ne peut pas contenir U+200C à cet endroit."),
    ],
)
def test_the_character_that_cannot_stay_is_named_at_sign_in_and_sign_up_alike(client, typed, said):
    form = form_of(client.get("/connexion/"), "username", "password")
    page = form.sent_by(client, username=typed, password="Soleil2024")
    assert page.context["form"].errors["username"] == [said]
    assert SignUpForm({"email": typed}).errors["email"] == [said]


def test_a_copied_address_opens_the_account(end_user):
    end_user.has_an_account()
    end_user.signs_in(username="Moana <mailto:moana@exemple.nc\u200b>,")
    assert end_user.opens("/mon-compte/").status_code == 200

"""The notice's rule, the passwords that everybody tries, the cap on hashes."""

import unicodedata

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.utils import translation

from accounts import passwords
from ncconnect import waiting
from ncconnect.waiting import Turns
from tests.at_once import at_once


def faults(password, **options):
    with translation.override("fr"):
        return passwords.faults(password, **options)


@pytest.mark.parametrize(
    "password",
    [
        "Soleil2024",
        "Roussette1988",
        "Tortue7x",
        "tricot rayé de plage",
        "un lagon bleu et des palmiers",
        "Ｌagon 2048 é",
        "🐢🐢 Tortue 12",
        "Aa1" + "x9Kq" * 31,
    ],
)
def test_ordinary_passwords_of_the_rule_are_accepted(password):
    assert faults(password) == []


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Ab1", ["Saisissez un mot de passe d’au moins 8 caractères."]),
        ("soleil2024", ["Ajoutez une majuscule."]),
        ("SOLEIL2024", ["Ajoutez une minuscule."]),
        ("Soleilbleu", ["Ajoutez un chiffre."]),
        ("soleilbleu", ["Ajoutez une majuscule.", "Ajoutez un chiffre."]),
        ("Aa1" + "x" * 126, ["Choisissez un mot de passe d’au plus 128 caractères."]),
    ],
)
def test_an_error_lists_only_what_is_missing(password, said):
    assert faults(password) == said


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("lagonbleucagou", []),
        ("lagonbleucago", ["Ajoutez une majuscule.", "Ajoutez un chiffre."]),
        ("Tortue7", ["Saisissez un mot de passe d’au moins 8 caractères."]),
    ],
)
def test_from_fourteen_letters_on_length_alone_is_enough(password, said):
    assert faults(password) == said


class TestTheLongest:
    """128 characters as they are stored; four of what a keyboard may write for each."""

    LONGEST = "\u1f82" * passwords.MAX_LENGTH  # alpha with three signs
    TYPED = unicodedata.normalize("NFD", LONGEST)

    def test_it_is_taken_however_the_keyboard_writes_its_accents(self):
        assert (len(self.LONGEST), len(self.TYPED)) == (128, 512)
        assert passwords.normalized(self.LONGEST) == self.LONGEST
        assert passwords.normalized(self.TYPED) == self.LONGEST

    def test_one_letter_more_is_too_long(self):
        with pytest.raises(passwords.TooLong):
            passwords.normalized(self.LONGEST + "a")

    def test_what_is_longer_in_any_writing_is_not_brought_into_its_one_form(self, monkeypatch):
        """It costs the square of its length."""
        monkeypatch.setattr(passwords, "unicodedata", None)
        with pytest.raises(passwords.TooLong):
            passwords.normalized(self.TYPED + "a")


@pytest.mark.parametrize(
    "password",
    [
        "Password1",
        "Azerty123",
        "Bonjour123",
        "Motdepasse1",
        "Noumea2024",
        "Ncconnect1",
        "P@ssw0rd",
        "aaaaaaaaaaaaaa",
        "12345678901234",
        "bonjourbonjour",
        "Caledonie1",
        "Inactive1996aug",  # hard to guess, but for whoever has the list of those that leaked
    ],
)
def test_common_passwords_and_their_usual_variations_are_refused(password):
    assert faults(password) == ["Ce mot de passe est trop courant. Choisissez-en un autre."]


def test_a_password_made_of_the_address_is_refused():
    assert faults("Wamytan98", email="wamytan@exemple.nc") != []
    assert faults("Wamytan98", email="autre@exemple.nc") == []


@pytest.mark.parametrize(
    "password", ["Jeandupont1", "DupontJean1", "Jeandupont1985", "J3andup0nt1"]
)
def test_a_password_made_of_all_of_the_address_is_refused_whatever_stands_between(password):
    assert faults(password, email="jean.dupont@exemple.nc") != []
    assert faults(password, email="jean_dupont@exemple.nc") != []
    assert faults(password, email="moana.wamytan@exemple.nc") == []


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("moana@exemple.nc", {"moana", "exemple"}),
        (
            "jean.dupont@exemple.nc",
            {"jean", "dupont", "jeandupont", "dupontjean", "jdupont", "dupontj", "exemple"},
        ),
        (
            "Lea.Marie-Kone@ode.nc",
            {"lea", "marie", "kone", "leamariekone", "konemarielea", "lkone", "konel", "ode"},
        ),
        ("jo.le@ac.nc", {"jole", "lejo", "jle", "lej"}),
        ("1980@exemple.nc", {"1980", "exemple"}),
    ],
)
def test_what_somebody_tries_first_who_knows_the_address(email, words):
    """No word of two letters: half of all passwords hold one."""
    assert set(passwords._own_words(email)) == words


BETWEEN = ("", ".", "_", "-", " ", "\u00a0", "--", "'")


@pytest.mark.parametrize("typed", BETWEEN)
@pytest.mark.parametrize("mailed", [".", "_", "-", ""])
@pytest.mark.parametrize("password", ["Jean{}dupont1", "J3an{}Dup0nt85"])
def test_another_separator_than_that_of_the_address_hides_nothing(password, typed, mailed):
    password = password.format(typed)
    assert faults(password, email=f"jean{mailed}dupont@exemple.nc") != []
    if typed != "":
        assert faults(password, email="moana.wamytan@exemple.nc") == []


@pytest.mark.parametrize("password", ["J.dupont1", "Jdupont1", "J-Dupont1", "Dupont.j1"])
def test_an_initial_and_a_name_are_the_address_too(password):
    for name in ("j.dupont", "jdupont", "jean_dupont", "jean-dupont"):
        expected = name == "jdupont" and password == "Dupont.j1"  # no word of such an address
        assert (faults(password, email=f"{name}@exemple.nc") == []) is expected, name
    assert faults(password, email="moana@exemple.nc") == []


def test_a_separator_elsewhere_counts_as_it_did():
    assert faults("Jean.Cagou.7-vert", email="jean_dupont@exemple.nc") == []
    assert passwords._in_a_row("Ab-9.x_jean_k", ["jean"]) == "Ab-9.x_jean_k"
    assert passwords._in_a_row("Ab-9.j-e.an_k", ["jean"]) == "Ab-9.jean_k"
    assert passwords._in_a_row("j-e.an_k-7", ["jean"]) == "jean_k-7"
    assert passwords._in_a_row("Ab-9.j-e.an", ["jean"]) == "Ab-9.jean"
    assert passwords._in_a_row("Ab-9.j-e.a-nx", ["jean"]) == "Ab-9.jeanx"
    assert passwords._in_a_row("Ab-9.j-e.a", ["jean"]) == "Ab-9.j-e.a"
    assert passwords._in_a_row("j-e", ["jean"]) == "j-e"


def test_one_estimate_is_made_whatever_the_password_has_between_its_words(monkeypatch):
    """Two would be dearer than a hash."""
    asked, zxcvbn = [], passwords.zxcvbn
    monkeypatch.setattr(
        passwords, "zxcvbn", lambda text, **rest: asked.append(text) or zxcvbn(text, **rest)
    )
    faults("J.e-a.n-dupont1 autre", email="jean_dupont@exemple.nc")
    assert asked == ["Jeandupont1 autre"]


def test_one_unicode_form_is_hashed_whatever_the_keyboard_sends():
    composed, decomposed = "Lagon d\u00e9t\u00e9 12", "Lagon de\u0301te\u0301 12"
    assert passwords.normalized(composed) == passwords.normalized(decomposed)


def test_the_hash_is_argon2id_with_the_configured_cost(settings):
    settings.PASSWORD_HASH_MEMORY, settings.PASSWORD_HASH_TIME = 64, 3
    encoded = make_password("Soleil2024")
    assert encoded.startswith("argon2$argon2id$v=19$m=64,t=3,p=1$")
    assert check_password("Soleil2024", encoded)


def test_a_hash_of_another_cost_is_still_right_and_made_anew(settings):
    encoded = make_password("Soleil2024")
    settings.PASSWORD_HASH_MEMORY = 32
    remade = []
    assert check_password("Soleil2024", encoded, setter=remade.append)
    assert remade == ["Soleil2024"]


def test_hashes_wait_for_their_turn_and_only_then_are_refused(monkeypatch):
    turns = Turns(range(1), waiting=5, patience=0.01)
    monkeypatch.setattr(passwords, "slots", lambda: turns)
    with turns.one(), pytest.raises(passwords.TooManyHashes) as refused:
        make_password("Soleil2024")
    assert refused.value.retry_after == 5  # seconds: a line of them is over by then
    assert make_password("Soleil2024").startswith("argon2$")


def test_two_dozen_at_once_are_all_hashed(monkeypatch):
    """Before, six were admitted to a process and the seventh was refused at once."""
    turns = Turns(range(2), waiting=waiting.HASHES, patience=30)
    monkeypatch.setattr(passwords, "slots", lambda: turns)
    hashes = at_once(24, lambda _: make_password("Soleil2024"))
    assert all(str(encoded).startswith("argon2$") for encoded in hashes)


def test_the_line_is_bounded_by_number_and_by_the_documented_time(settings):
    passwords.slots.cache_clear()
    try:
        turns = passwords.slots()
        assert turns.waiting == waiting.HASHES
        assert turns.patience == settings.PASSWORD_HASH_PATIENCE == 5
    finally:
        passwords.slots.cache_clear()


class TestSpaces:
    """RFC 8265, 4.2.2: every space is a space. Some keyboards write another one after a capital."""

    ASCII, TYPED = "tricot rayé de plage", "tricot\u00a0rayé\u202fde\u3000plage"

    def test_a_password_opens_whatever_space_the_keyboard_writes(self):
        encoded = make_password(passwords.normalized(self.TYPED))
        for typed in (self.ASCII, self.TYPED):
            assert check_password(passwords.normalized(typed), encoded)
        assert not check_password("tricotrayédeplage", encoded)

    def test_a_password_of_before_that_rule_opens_as_ever(self):
        """It was stored as it was typed; and nothing else opens it."""
        encoded = passwords.Argon2idHasher().encode(self.TYPED, "uneVieilleGraineDe22xx")
        assert check_password(self.TYPED, encoded)
        assert not check_password(self.ASCII, encoded)

    def test_a_sign_in_computes_one_hash_by_either_rule(self, monkeypatch):
        hashes, verify = [], passwords.Argon2PasswordHasher.verify
        monkeypatch.setattr(
            passwords.Argon2PasswordHasher, "verify", lambda *a: hashes.append(1) or verify(*a)
        )
        for salt in ("uneVieilleGraineDe22xx", passwords.Argon2idHasher().salt()):
            encoded = passwords.Argon2idHasher().encode(self.TYPED, salt)
            check_password("Un Autre 2026", encoded)
        assert hashes == [1, 1]

    def test_the_two_fields_are_compared_as_they_will_be_stored(self):
        assert passwords.are_the_same(self.ASCII, self.TYPED)
        assert passwords.are_the_same("Koné 2026 lagon", "Kone\u0301 2026 lagon")
        assert not passwords.are_the_same(self.ASCII, self.ASCII + " ")
        assert not passwords.are_the_same(self.ASCII + " ", self.ASCII)
        assert not passwords.are_the_same(self.ASCII, "x" * 10_000)


@pytest.mark.parametrize("character", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\ufe0f", "\x00"])
def test_what_nobody_sees_is_no_part_of_a_new_password(character):
    assert faults(f"Soleil{character}2024") == [
        "Retirez le caractère invisible que contient le mot de passe."
    ]


def test_a_password_that_holds_one_already_still_opens():
    encoded = make_password("Soleil\u200b2024")
    assert check_password("Soleil\u200b2024", encoded)
    assert not check_password("Soleil2024", encoded)

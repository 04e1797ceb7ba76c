"""Subject identifiers of a former provider: all of a file, or nothing of it."""

import json

import pytest
from django.core.management import CommandError, call_command

from ncconnect.audit.models import Event
from oidc_provider.claims.subjects import subject_for
from oidc_provider.models import SubjectIdentifier
from tests.relying_party import RelyingParty

SECTOR = "impots.example.nc"


@pytest.fixture
def account(partner, end_user):
    return end_user.has_an_account()


@pytest.fixture
def other(stranger):
    return stranger.has_an_account()


@pytest.fixture
def imports(tmp_path, capsys):
    def run(*lines: str, header: str = "account,sector,sub") -> dict:
        file = tmp_path / "sub.csv"
        file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        call_command("import_subjects", str(file))
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def faults(imports):
    def run(*lines: str) -> list[str]:
        before = SubjectIdentifier.objects.count()
        with pytest.raises(CommandError) as refused:
            imports(*lines)
        assert SubjectIdentifier.objects.count() == before
        return [line.strip(" -") for line in str(refused.value).splitlines()[1:]]

    return run


def test_by_address_and_by_identifier(account, other, imports):
    lines = (f"{account.email.upper()},{SECTOR},ancien-1", f"{other.pk},{SECTOR},ancien 2/")
    assert imports(*lines) == {"imported": 2, "there_already": 0}
    assert Event.objects.get(event="subjects_imported").facts == {"count": 2}
    assert {s.user_id: s.sub for s in SubjectIdentifier.objects.all()} == {
        account.pk: "ancien-1",
        other.pk: "ancien 2/",
    }


def test_the_partner_knows_the_person_by_it(signed_in, partner, imports):
    imports(f"{signed_in.email},{SECTOR},ancien-1")
    token = partner.tokens(signed_in)["id_token"]
    assert partner.claims(token)["sub"] == "ancien-1"


def test_public_subjects(signed_in, partner, imports):
    public = RelyingParty.registered(client_id="public", subject_type="public")
    imports(f"{signed_in.email},public,v3-sub", f"{signed_in.email},{SECTOR},v2-sub")
    subs = [p.claims(p.tokens(signed_in)["id_token"])["sub"] for p in (public, partner)]
    assert subs == ["v3-sub", "v2-sub"]


def test_twice_is_once(account, other, imports):
    imports(f"{account.email},{SECTOR},un")
    assert imports(f"{account.pk},{SECTOR},un", f"{other.pk},{SECTOR},deux") == {
        "imported": 1,
        "there_already": 1,
    }


def test_every_fault_is_told_with_its_line(account, other, faults):
    assert faults(
        f"{account.email},{SECTOR},un",
        f"personne@exemple.nc,{SECTOR},deux",
        f"pas-une-adresse,{SECTOR},trois",
        f"@,{SECTOR},quatre",
        f"{other.email},inconnu.nc,cinq",
        f"{other.email},,six",
        f"{other.email},public,",
        f"{account.email},public,{'x' * 256}",
        f"{other.email},{SECTOR},un",
        f"{account.pk},{SECTOR},sept",
    ) == [
        "line 3: account: there is none of this address or identifier",
        "line 4: account: there is none of this address or identifier",
        "line 5: account: there is none of this address or identifier",
        "line 6: sector: no registered partner has it",
        "line 7: sector: no registered partner has it",
        "line 8: sub: expected 1 to 255 printable ASCII characters",
        "line 9: sub: expected 1 to 255 printable ASCII characters",
        "line 10: sub: already on line 2, in the same sector",
        "line 11: account: already on line 2, in the same sector",
    ]


def test_what_was_given_is_never_changed(account, other, partner, faults):
    from oidc_provider.partners import relying_parties

    given = subject_for(account, relying_parties.find(partner.client_id)).sub
    assert faults(f"{account.email},{SECTOR},autre", f"{other.email},{SECTOR},{given}") == [
        "line 2: account: it has another sub in this sector",
        "line 3: sub: another account has it in this sector",
    ]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("account,sector", "a,b"),
        ("account;sector;sub", "a;b;c"),
        ("account,sector,sub", "a,b"),
        ("account,sector,sub", "a,b,c,d"),
        ("account,sector,sub", '"a,b,c'),
        ("", ""),
    ],
)
def test_what_is_not_such_a_file(imports, header, line):
    with pytest.raises(CommandError):
        imports(line, header=header)


def test_bytes_that_are_not_text_and_a_file_that_is_not_there(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"account,sector,sub\n\xff,a,b\n")
    for name in ("x.csv", "nulle-part.csv"):
        with pytest.raises(CommandError):
            call_command("import_subjects", str(tmp_path / name))


def test_many_at_once(account, imports, django_assert_max_num_queries):
    """The number of statements grows with batches, not with lines."""
    from accounts.models import User

    people = User.objects.bulk_create(User(email=f"p{n}@exemple.nc") for n in range(1_200))
    lines = [f"{person.email},{SECTOR},s-{person.pk}" for person in people]
    with django_assert_max_num_queries(30):
        assert imports(*lines)["imported"] == 1_200

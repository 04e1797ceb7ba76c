"""manage.py create_account: an account made by an operator, with what is known of the person."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Details, Identity, User
from ncconnect.audit.models import Event

pytestmark = pytest.mark.django_db

EMAIL = "moana@exemple.nc"


@pytest.fixture
def create(tmp_path, capsys):
    """Runs the command with these claims; what it prints, and what it says beside."""

    def run(claims: dict) -> tuple[dict, str]:
        file: Path = tmp_path / "claims.json"
        file.write_text(json.dumps(claims))
        call_command("create_account", email=EMAIL, claims=file)
        printed = capsys.readouterr()
        return json.loads(printed.out), printed.err

    return run


def test_each_claim_has_its_place(create):
    printed, _beside = create(
        {
            "given_name": "Moana Rose",
            "locale": "en",
            "nickname": "Momo",
            "phone_number": "+687 75 12 34",
            "address": {"locality": "Nouméa"},
        }
    )
    assert printed == {"email": EMAIL, "activated": True}
    user = User.objects.get()
    assert user.language == "en"
    assert user.identity.given_names == ["Moana", "Rose"]
    assert (user.details.nickname, user.details.phone_number) == ("Momo", "+687751234")
    assert user.details.phone_number_verified is False
    assert user.details.locality == "Nouméa"


def test_no_row_for_what_nobody_told(create):
    create({"locale": "fr"})
    assert not Identity.objects.exists()
    assert not Details.objects.exists()


def test_a_fault_stores_nothing_and_is_named(create):
    with pytest.raises(CommandError, match="zoneinfo"):
        create({"family_name": "Poigoune", "zoneinfo": "Lune/Mer"})
    assert not User.objects.exists()


def test_what_is_not_kept_is_said(create):
    _printed, beside = create({"name": "Moana", "updated_at": 1, "nickname": "Momo"})
    assert beside == "name, updated_at: derived from the rest, not kept\n"


def test_the_trail_names_claims_and_holds_no_value(create):
    create({"phone_number": "+687751234"})
    event = Event.objects.get(event="account_created")
    assert event.facts == {"claims": ["phone_number"]}

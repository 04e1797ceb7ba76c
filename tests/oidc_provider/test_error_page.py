"""The page that a wrong request ends on: who is shown what, and the way out of it."""

import logging

import pytest
from django.urls import reverse

from ncconnect.audit.models import Event
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from oidc_provider.wire.errors import PAGES
from tests.relying_party import CALLBACK, RelyingParty
from tests.staff import agent

FOR_TESTS = "https://recette.example.nc/retour"
WRONG = "https://impots.example.nc/retuor"
SITE = "https://impots.example.nc/"


@pytest.fixture
def partner():
    """It has an address that is not for everybody's eyes."""
    return RelyingParty.registered(redirect_uris=[CALLBACK, FOR_TESTS], subject_type="public")


def shown(person, address: str) -> str:
    page = person.opens(address)
    assert page.status_code == 400
    assert "Location" not in page
    assert page["Cache-Control"] == "no-store"
    return page.content.decode()


class TestRegisteredAddresses:
    def hidden(self, page: str) -> bool:
        assert WRONG in page
        return FOR_TESTS not in page and f"<code>{CALLBACK}</code>" not in page

    def test_nobody_learns_them_by_knowing_a_client_id(self, partner, stranger):
        assert self.hidden(shown(stranger, partner.address(redirect_uri=WRONG)))

    def test_a_person_who_is_signed_in_is_nobody_here(self, partner, stranger):
        stranger.has_an_account()
        stranger.signs_in()
        assert self.hidden(shown(stranger, partner.address(redirect_uri=WRONG)))

    def test_an_agent_who_sees_partners_anyway_is_shown_them(self, partner, end_user, stranger):
        agent(end_user, "partners")
        page = shown(end_user, partner.address(redirect_uri=WRONG))
        assert f"<code>{WRONG}</code>" in page
        assert f"<code>{FOR_TESTS}</code>" in page
        assert f"<code>{CALLBACK}</code>" in page
        assert self.hidden(shown(stranger, partner.address(redirect_uri=WRONG)))

    @pytest.mark.parametrize("roles", [["support", "mails", "auditor"], []])
    def test_an_agent_without_that_permission_is_not(self, partner, end_user, roles):
        agent(end_user, *roles)
        assert self.hidden(shown(end_user, partner.address(redirect_uri=WRONG)))

    def test_nor_whoever_left_the_staff(self, partner, end_user):
        agent(end_user, "partners")
        type(end_user.account).objects.update(is_staff=False)
        assert self.hidden(shown(end_user, partner.address(redirect_uri=WRONG)))

    @pytest.mark.parametrize(
        ("received", "written"),
        [
            (WRONG, WRONG),
            (f"{WRONG}?qui=moana", f"{WRONG}?..."),
            ("https://x.nc/" + "y" * 600, "https://x.nc/" + "y" * 487),
            (None, ""),
        ],
    )
    def test_the_support_finds_them_by_the_reference(
        self, partner, stranger, caplog, received, written
    ):
        caplog.set_level(logging.INFO, "oidc_provider.wire.errors")
        page = stranger.opens(partner.address(redirect_uri=received))
        (line,) = [r for r in caplog.records if r.message == "request shown as an error"]
        assert line.facts["partner"] == "impots"
        assert line.facts["redirect_uri"] == written
        assert line.facts["registered"].split() == [CALLBACK, FOR_TESTS]
        assert page["X-Reference"] in page.content.decode()

    def test_nothing_of_a_partner_is_written_for_one_that_is_unknown(self, stranger, caplog):
        caplog.set_level(logging.INFO, "oidc_provider.wire.errors")
        shown(stranger, f"/oidc/authorize?client_id=inconnu&redirect_uri={WRONG}")
        (line,) = [r for r in caplog.records if r.message == "request shown as an error"]
        assert line.facts.keys() == {"reason", "why", "partner"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"client_id": "i" * 300}, "unknown_partner"), ({"redirect_uri": WRONG}, "unknown_address")],
)
def test_a_page_is_a_refusal_of_the_trail_too_and_no_row(
    partner, stranger, caplog, changes, reason
):
    caplog.set_level(logging.INFO, "ncconnect.audit")
    rows = Event.objects.count()
    shown(stranger, partner.address(**changes))
    (line,) = [r.facts for r in caplog.records if r.message == "audit"]
    assert (line["event"], line["error"]) == ("authorization_refused", reason)
    assert line["partner"] == changes.get("client_id", "impots")[:100]
    assert Event.objects.count() == rows


class TestWords:
    """Two faults, two pages: who the site is, and where it wants to lead."""

    def test_a_site_that_is_not_known(self, partner, stranger):
        page = shown(stranger, "/oidc/authorize?client_id=inconnu")
        assert "n’est pas reconnu par NC Connect" in page
        assert f'href="{reverse("partners")}"' in page
        assert "client_id: not registered here" in page

    def test_a_site_whose_address_alone_is_wrong(self, partner, stranger):
        page = shown(stranger, partner.address(redirect_uri=WRONG))
        assert "n’est pas reconnu" not in page
        assert "impots.nc utilise NC Connect" in page
        assert f'href="{SITE}">Retourner sur impots.nc' in page
        assert "redirect_uri: not registered for this client_id" in page

    def test_the_way_out_does_not_lead_into_it_again(self, partner, stranger):
        """An address that starts a sign-in would end here once more."""
        wrong = shown(stranger, partner.address(redirect_uri=WRONG))
        registration.suspend(Model.objects.get())
        closed = shown(stranger, partner.address())
        for page in (wrong, closed):
            assert f'href="{SITE}"' in page
            assert "/connexion?iss=" not in page

    def test_a_site_without_an_address_of_its_own_leaves_the_list(self, partner, stranger):
        Model.objects.update(client_uri="")
        page = shown(stranger, partner.address(redirect_uri=WRONG))
        assert f'href="{reverse("partners")}"' in page

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"client_id": "inconnu"}, "unknown_partner"),
            ({"redirect_uri": WRONG}, "unknown_address"),
        ],
    )
    def test_the_developer_finds_the_cure(self, partner, stranger, changes, reason):
        there = f"{reverse('documentation_errors')}#page-{reason}"
        assert f'href="{there}"' in shown(stranger, partner.address(**changes))
        documented = stranger.opens(reverse("documentation_errors")).content.decode()
        assert f'id="page-{reason}"' in documented

    def test_every_page_has_its_cure(self, client):
        documented = client.get(reverse("documentation_errors")).content.decode()
        assert all(f'id="page-{reason}"' in documented for reason in PAGES)

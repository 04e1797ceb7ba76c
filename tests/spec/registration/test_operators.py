"""Partners in the hands of operators: the commands and the administration site."""

import json

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.utils import timezone

from oidc_provider.models import RelyingParty as Model
from oidc_provider.models import RelyingPartySecret
from oidc_provider.partners import admin as administration
from oidc_provider.partners.client_secrets import LAST_USE_STEP
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import register
from tests.page_forms import form_of
from tests.relying_party import SECRET, RelyingParty, metadata
from tests.staff import agent

PARTNERS = "/admin/oidc_provider/relyingparty/"


class TestCommand:
    def run(self, tmp_path, content: str, capsys) -> dict:
        file = tmp_path / "client.json"
        file.write_text(content)
        call_command("register_relying_party", str(file))
        return json.loads(capsys.readouterr().out)

    def test_it_prints_the_client_id_and_once_the_secret(self, tmp_path, capsys):
        members = json.dumps(metadata(client_secret=None, client_id=None))
        printed = self.run(tmp_path, members, capsys)
        assert Model.objects.get().client_id == printed["client_id"]
        members = json.dumps(metadata(client_secret=None, client_id=printed["client_id"]))
        assert self.run(tmp_path, members, capsys) == {"client_id": printed["client_id"]}

    def test_a_given_secret_is_kept_and_not_repeated(self, tmp_path, capsys):
        assert SECRET not in str(self.run(tmp_path, json.dumps(metadata()), capsys))

    @pytest.mark.parametrize("content", ["{", "", "[" * 5_000, '{"invention": 1}'])
    def test_faults_are_an_error(self, tmp_path, capsys, content):
        with pytest.raises(CommandError):
            self.run(tmp_path, content, capsys)

    def test_a_missing_file(self):
        with pytest.raises(CommandError):
            call_command("register_relying_party", "/nowhere/client.json")

    def test_a_new_secret_beside_the_old_one(self, capsys):
        register(metadata())
        call_command("renew_client_secret", "impots")
        assert len(json.loads(capsys.readouterr().out)["client_secret"]) >= 43
        assert RelyingPartySecret.objects.count() == 2
        with pytest.raises(CommandError):
            call_command("renew_client_secret", "inconnu")


class TestSecretInUse:
    """A partner that cannot sign anybody in is worse than a new secret that was lost on its way."""

    @pytest.fixture
    def partner(self):
        """It has been here, with the secret that it was registered with. So has another one."""
        RelyingParty.registered(client_id="ville")
        partner = RelyingParty.registered()
        assert self.knows(partner, SECRET)
        return partner

    def knows(self, partner, secret: str) -> bool:
        """Does the token endpoint?"""
        seen = RelyingParty(client_id=partner.client_id, secret=secret).exchanges("x")
        return seen.json()["error"] == "invalid_grant"

    def renewed(self, capsys) -> str:
        capsys.readouterr()
        call_command("renew_client_secret", "impots")
        return json.loads(capsys.readouterr().out)["client_secret"]

    def test_it_lives_on_when_another_is_asked_for_twice(self, partner, capsys):
        first, second = self.renewed(capsys), self.renewed(capsys)
        assert [self.knows(partner, each) for each in (SECRET, first, second)] == [
            True,
            False,
            True,
        ]
        assert RelyingPartySecret.objects.filter(relying_party__client_id="impots").count() == 2

    def test_of_two_that_were_used_the_last_one_does(self, partner, capsys):
        """The partner has moved on to the new one, and the former can go."""
        first = self.renewed(capsys)
        assert self.knows(partner, first)
        second = self.renewed(capsys)
        assert [self.knows(partner, each) for each in (SECRET, first, second)] == [
            False,
            True,
            True,
        ]

    def test_who_went_back_to_the_former_one_keeps_it(self, partner, capsys):
        first = self.renewed(capsys)
        assert self.knows(partner, first)
        with time_machine.travel(timezone.now() + 2 * LAST_USE_STEP):
            assert self.knows(partner, SECRET)
            self.renewed(capsys)
            assert self.knows(partner, SECRET)
            assert not self.knows(partner, first)

    def test_of_two_that_nobody_used_the_newer_one_does(self, capsys):
        register(metadata())
        first, second = self.renewed(capsys), self.renewed(capsys)
        partner = RelyingParty()
        assert [self.knows(partner, each) for each in (SECRET, first, second)] == [
            False,
            True,
            True,
        ]

    def test_in_the_administration_too(self, partner, end_user):
        staff = agent(end_user, "partners")
        url = f"{PARTNERS}{Model.objects.get(client_id='impots').pk}/change/"
        given = [f"{number}-autre-secret-de-partenaire-assez-long" for number in "12"]
        for secret in given:
            text = json.dumps(metadata(client_secret=secret))
            form = form_of(staff.opens(url), "metadata")
            assert form.sent_by(staff.client, metadata=text).status_code == 302
        assert [self.knows(partner, each) for each in (SECRET, *given)] == [True, False, True]

    def test_the_other_partner_keeps_its_own(self, partner, capsys):
        self.renewed(capsys), self.renewed(capsys)
        assert self.knows(RelyingParty(client_id="ville"), SECRET)


class TestAdministration:
    @pytest.fixture
    def staff(self, end_user):
        return agent(end_user, "partners")

    def save(self, staff, url: str, members: dict | str):
        text = members if isinstance(members, str) else json.dumps(members)
        return form_of(staff.opens(url), "metadata").sent_by(staff.client, metadata=text)

    def test_the_form_obeys_the_same_rules(self, staff):
        url = "/admin/oidc_provider/relyingparty/add/"
        page = self.save(staff, url, metadata(client_uri="http://x.nc/", invention=1))
        assert "client_uri: expected https://" in page.content.decode()
        assert "invention: unknown member" in page.content.decode()
        assert self.save(staff, url, metadata()).status_code == 302
        assert Model.objects.get().name == "impots.nc"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("[" * 3_000 + "]" * 3_000, "Trop de niveaux"),
            (r'{"\ud800": 1, "client_name": "\ud800"}', "moitié de caractère"),
            (r'{"contacts": ["\u0000"]}', "caractère nul"),
            ('{"default_max_age": 1e999}', "trop grand"),
        ],
    )
    def test_metadata_that_nothing_can_hold(self, staff, text, told):
        page = self.save(staff, "/admin/oidc_provider/relyingparty/add/", text)
        assert page.status_code == 200
        assert told in page.content.decode()
        assert not Model.objects.exists()

    @pytest.mark.parametrize("site", ["https://impots.example.nc/", ""])
    def test_its_site_is_a_click_away(self, staff, site):
        register(metadata(client_uri=site or None))
        kind = ContentType.objects.get_for_model(Model)
        page = staff.client.get(f"/admin/r/{kind.pk}/{Model.objects.get().pk}/")
        assert page["Location"] == (site or "http://testserver/")

    def test_a_secret_is_never_shown(self, staff):
        register(metadata())
        digest = RelyingPartySecret.objects.get().digest
        page = staff.opens(f"/admin/oidc_provider/relyingparty/{Model.objects.get().pk}/change/")
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
        assert digest not in page.content.decode()

    def test_a_change_is_kept(self, staff):
        register(metadata())
        url = f"/admin/oidc_provider/relyingparty/{Model.objects.get().pk}/change/"
        page = self.save(staff, url, metadata(client_name="Impôts", client_secret=None))
        assert page.status_code == 302
        assert Model.objects.get().name == "Impôts"
        page = self.save(staff, url, metadata(client_id="autre", client_secret=None))
        assert "client_id" in page.content.decode()

    def test_what_a_colleague_has_just_added_is_not_written_over(self, staff, monkeypatch):
        """Between the form's look and its saving: judged right, and not free any more."""
        tried = []

        def after_a_colleague(accepted, **options):
            if not tried:
                tried.append(options)
                register(metadata(client_name="Du collègue"))
                with pytest.raises(InvalidMetadata, match="already"):
                    rightly(accepted, **options)
                assert Model.objects.get().name == "Du collègue"
                Model.objects.all().delete()
            return rightly(accepted, **options)

        rightly = administration.store
        monkeypatch.setattr(administration, "store", after_a_colleague)
        assert self.save(staff, f"{PARTNERS}add/", metadata()).status_code == 302
        partner = Model.objects.get()
        changed = metadata(client_name="Impôts", client_secret=None)
        assert self.save(staff, f"{PARTNERS}{partner.pk}/change/", changed).status_code == 302
        partner.refresh_from_db()
        assert partner.name == "Impôts"

    def test_a_partner_is_not_added_twice(self, staff):
        register(metadata())
        url = "/admin/oidc_provider/relyingparty/add/"
        page = self.save(staff, url, metadata(client_name="Un autre"))
        assert "client_id\u00a0: un service est déjà enregistré" in page.content.decode()
        assert Model.objects.get().name == "impots.nc"

    def test_tokens_and_grants_are_nobodys_to_look_at(self, staff):
        for model in ("grant", "accesstoken", "refreshtoken", "idtoken"):
            assert staff.client.get(f"/admin/oidc_provider/{model}/").status_code == 403

    def test_keys_can_be_seen_without_their_private_halves(self, staff):
        from oidc_provider.keys import keyring

        keyring.forget()
        keyring.ring()
        page = staff.opens("/admin/oidc_provider/signingkey/")
        assert page.status_code == 200
        assert "RS256" in page.content.decode()

    def test_partners_can_be_closed_and_reopened(self, staff):
        register(metadata())
        partner = Model.objects.get()
        for action, open_after in (("suspend_partners", False), ("reopen_partners", True)):
            staff.opens("/admin/oidc_provider/relyingparty/")
            staff.submits(action=action, _selected_action=str(partner.pk))
            partner.refresh_from_db()
            assert partner.is_active is open_after

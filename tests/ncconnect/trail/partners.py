"""What partners do, and what people do at partners."""

import json

from django.core.management import call_command
from django.urls import reverse

from oidc_provider.grants import consents
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from tests.ncconnect.trail.world import HERE, an_agent, later, produces
from tests.page_forms import form_of
from tests.relying_party import RelyingParty, metadata


@produces("partner_registered")
def _(world):
    agent = an_agent("partners")
    page = form_of(agent.opens(reverse("admin:oidc_provider_relyingparty_add")), "metadata")
    members = metadata(client_id="sante", client_name="Santé", client_secret=None)
    page.sent_by(agent.client, metadata=json.dumps(members))
    return {"partner": "sante", "actor_id": agent.account.pk}


@produces("partner_changed")
def _(world):
    found = Model.objects.get(client_id="impots")
    members = registration.describe(found) | {"client_name": "Impôts"}
    agent = an_agent("partners")
    registration.store(registration.accept(members), actor=agent.account)
    facts = {"changed": {"client_name": ["impots.nc", "Impôts"]}}
    return {"partner": "impots", "actor_id": agent.account.pk, "facts": facts}


@produces("subjects_imported")
def _(world):
    user = world.moana.has_an_account()
    file = world.folder / "sub.csv"
    file.write_text(f"account,sector,sub\n{user.pk},impots.example.nc,ancien-1\n")
    call_command("import_subjects", str(file))
    return {"facts": {"count": 1}}


@produces("end_session")
def _(world):
    moana = world.signed_in()
    hint = world.partner.tokens(moana)["id_token"]
    moana.opens(world.partner.logout_address(id_token_hint=hint))
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("partner_suspended")
def _(world):
    agent = an_agent("partners")
    found = Model.objects.get(client_id=world.partner.client_id)
    registration.suspend(found, actor=agent.account)
    return {"partner": "impots", "actor_id": agent.account.pk}


@produces("consent_given")
def _(world):
    moana = world.signed_in()
    world.partner.code(moana)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("consent_refused")
def _(world):
    moana = world.signed_in()
    moana.opens(world.partner.address())
    moana.submits(deny="1")
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("consent_withdrawn")
def _(world):
    moana = world.signed_in()
    world.partner.code(moana)
    consents.withdraw(moana.account, Model.objects.get(client_id="impots"))
    return {"user_id": moana.account.pk, "partner": "impots"}


@produces("code_reused")
def _(world):
    moana = world.signed_in()
    code = world.partner.code(moana)
    for _ in range(2):
        world.partner.exchanges(code)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("token_issued")
def _(world):
    moana = world.signed_in()
    world.partner.tokens(moana)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("claims_released")
def _(world):
    moana = world.signed_in()
    world.partner.userinfo(world.partner.tokens(moana, scope="openid email")["access_token"])
    facts = {"claims": ["email", "email_verified"]}
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE, "facts": facts}


@produces("token_refused")
def _(world):
    moana = world.signed_in()
    world.partner.exchanges(world.partner.code(moana), code_verifier="x" * 43)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("token_refreshed")
def _(world):
    moana = world.signed_in()
    world.partner.refreshes(world.partner.tokens(moana)["refresh_token"])
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("refresh_token_reused")
def _(world):
    moana = world.signed_in()
    members = {"grant_types": ["authorization_code", "refresh_token"], "nc_consent": "always"}
    RelyingParty.registered(**members, token_endpoint_auth_method="none", client_secret=None)
    world.partner.secret = ""
    first = world.partner.tokens(moana)["refresh_token"]
    second = world.partner.refreshes(first).json()["refresh_token"]
    world.partner.refreshes(second)
    with later(minutes=10):
        world.partner.refreshes(first)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("client_authentication_failed")
def _(world):
    world.partner.secret = "un-autre-secret-que-le-sien-0123456789"
    world.partner.refreshes("x")
    return {"user_id": None, "partner": "impots", "network": HERE}


@produces("token_revoked")
def _(world):
    moana = world.signed_in()
    token = world.partner.tokens(moana)["refresh_token"]
    world.partner.calls("/oidc/revoke", {"token": token})
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}

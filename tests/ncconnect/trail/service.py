"""What the service does by itself, and what staff do to it."""

from django.contrib.auth.models import Permission
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from ncconnect.mail import delivery
from ncconnect.mail.models import Outbox
from oidc_provider.keys import keyring, rotation
from oidc_provider.logout import notices
from oidc_provider.models import LogoutNotice, SigningKey
from oidc_provider.models import RelyingParty as Model
from tests.ncconnect.trail.world import an_agent, later, produces


def waiting_mail(to: str, **fields) -> Outbox:
    return Outbox.objects.create(name="password_changed", to=to, language="fr", **fields)


@produces("mail_given_up")
def _(world):
    row = waiting_mail(world.moana.email, context={"at": timezone.now().isoformat()})
    nobody_listens = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1}
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    with later(hours=25), override_settings(EMAIL_BACKEND=smtp, **nobody_listens):
        delivery.sweep()
    cause = {"cause": "ConnectionRefusedError"}
    return {"facts": {"mail": str(row.pk), "name": "password_changed"} | cause}


@produces("sent_again")
def _(world):
    agent = an_agent("mails")
    row = waiting_mail(world.moana.email, state=Outbox.State.DEAD)
    Outbox.objects.filter(pk=row.pk).send_again(actor=agent.account)
    return {"actor_id": agent.account.pk, "facts": {"what": "Outbox", "key": str(row.pk)}}


@produces("logout_given_up")
def _(world):
    partner = Model.objects.get(client_id="impots")
    LogoutNotice.objects.create(relying_party=partner, sub="sub", sid="sid")
    with later(hours=13):
        notices.sweep()
    return {"partner": "impots"}


@produces("group_changed")
def _(world):
    agent = an_agent("managers")
    may = Permission.objects.get(codename="view_outbox")
    agent.opens(reverse("admin:auth_group_add"))
    agent.submits(name="Accueil", permissions=[str(may.pk)])
    facts = {"group": "Accueil", "permissions": ["view_outbox"]}
    return {"actor_id": agent.account.pk, "facts": facts}


@produces("signing_key_created")
def _(world):
    key = keyring.create("ES256", SigningKey.State.NEXT)
    return {"facts": {"kid": key.kid, "algorithm": "ES256"}}


@produces("signing_key_rotated")
def _(world):
    following = keyring.create("ES256", SigningKey.State.NEXT)
    rotation._activate(following)
    return {"facts": {"kid": following.kid, "algorithm": "ES256"}}

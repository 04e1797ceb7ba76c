"""What people do with their account, and what is done to it."""

from contextlib import suppress

from django.core.management import call_command
from django.urls import reverse

from accounts import purge
from accounts.flows import confirmation, devices, invitation, suspension
from accounts.models import Invitation, User
from ncconnect import audit
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS
from tests.actors import EndUser
from tests.ncconnect.trail.world import HERE, NEW, WRONG, an_agent, later, produces
from tests.strict_client import StrictClient


@produces("sign_up")
def _(world):
    world.moana.signs_up()
    user = User.objects.get(email=world.moana.email)
    return {"user_id": user.pk, "network": HERE, "facts": {"new": True}}


@produces("invitation_sent")
def _(world):
    agent = an_agent("support")
    sent = invitation.invite(email=world.moana.email, actor=agent.account)
    facts = {"invitation": str(sent.pk), "email": world.moana.email}
    return {"actor_id": agent.account.pk, "facts": facts}


@produces("invitation_used")
def _(world):
    sent = invitation.invite(email=world.moana.email)
    world.moana.follows_the_link("invitation")
    chosen = {"password1": world.moana.password, "password2": world.moana.password, "cgu": "on"}
    world.moana.sends(email=world.moana.email, email2=world.moana.email, **chosen)
    assert Invitation.objects.get().used_at
    facts = {"invitation": str(sent.pk), "email": world.moana.email}
    return {"network": HERE, "facts": facts}


@produces("account_created")
def _(world):
    call_command("create_account", email=world.moana.email)
    return {"user_id": User.objects.get(email=world.moana.email).pk, "facts": {"claims": []}}


@produces("account_suspended")
def _(world):
    user, agent = world.moana.has_an_account(), an_agent("support")
    suspension.suspend(user, actor=agent.account)
    return {"user_id": user.pk, "actor_id": agent.account.pk}


@produces("account_deleted")
def _(world):
    user = world.moana.has_an_account()
    key = user.pk
    user.delete()
    return {"user_id": key}


@produces("account_purged")
def _(world):
    world.moana.signs_up()
    user = User.objects.get(email=world.moana.email)
    with later(days=400):
        purge.unactivated_accounts()
    return {"user_id": user.pk, "facts": {"address": audit.email_digest(world.moana.email)}}


@produces("password_reset_requested")
def _(world):
    user = world.moana.has_an_account()
    world.moana.opens(reverse("accounts:password_forgotten"))
    world.moana.sends(email=world.moana.email)
    # The worker decides, as it writes the mail, whether there is anybody to write to.
    world.moana.mails("password_reset")
    return {"user_id": user.pk}


@produces("password_reset")
def _(world):
    user = world.moana.has_an_account()
    world.moana.opens(reverse("accounts:password_forgotten"))
    world.moana.sends(email=world.moana.email)
    world.moana.follows_the_link("password_reset")
    world.moana.sends(password1=NEW, password2=NEW)
    return {"user_id": user.pk, "network": HERE}


@produces("staff_change")
def _(world):
    user, agent = world.moana.has_an_account(), an_agent("support")
    agent.opens(reverse("admin:accounts_user_change", args=[user.pk]))
    agent.submits(language="en")
    facts = {"fields": ["language"]}
    return {"user_id": user.pk, "actor_id": agent.account.pk, "facts": facts}


@produces("sign_up_known_address")
def _(world):
    user = world.moana.has_an_account()
    world.moana.signs_up()
    return {"user_id": user.pk, "network": HERE}


@produces("account_activated")
def _(world):
    world.moana.signs_up()
    world.moana.follows_the_link("activation")
    return {"user_id": User.objects.get(email=world.moana.email).pk, "network": HERE}


@produces("activation_refused")
def _(world):
    EndUser(StrictClient(), world.moana.email).signs_up()
    world.moana.follows_the_link("activation")
    world.moana.submits(password=WRONG)
    return {"user_id": User.objects.get(email=world.moana.email).pk, "network": HERE}


@produces("account_restored")
def _(world):
    user = world.moana.has_an_account(is_active=False)
    agent = an_agent("support")
    suspension.restore(user, actor=agent.account)
    return {"user_id": user.pk, "actor_id": agent.account.pk}


@produces("sign_in_refused")
def _(world):
    user = world.moana.has_an_account(is_active=False)
    world.moana.signs_in()
    return {"user_id": user.pk, "network": HERE}


@produces("sign_in_limited")
def _(world):
    world.moana.has_an_account()
    for _ in range(LIMITS["sign_in"].number + 1):
        world.moana.signs_in(password=WRONG)
    return {"network": HERE}


@produces("password_change_refused")
def _(world):
    moana = world.signed_in()
    moana.opens(reverse("accounts:password_change"))
    moana.submits(current=WRONG, password1="Nouveau Lagon 7", password2="Nouveau Lagon 7")
    return {"user_id": moana.account.pk, "network": HERE}


@produces("sign_in")
def _(world):
    """With the session that it opened, on what, and how: « was that me? » is answered by these."""
    user = world.moana.has_an_account()
    world.moana.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14) Firefox/140.0"
    world.moana.signs_in()
    facts = {
        "session": str(user.sessions.get().pk),
        "device": "Firefox|Android",
        "known": False,
        "method": user.sessions.get().methods,
    }
    assert facts["method"]
    return {"user_id": user.pk, "network": HERE, "facts": facts}


@produces("confirmed")
def _(world):
    moana = world.signed_in()
    session = moana.account.sessions.get()
    confirmation.confirm(moana.account, password=moana.password, session=session)
    facts = {"session": str(session.pk), "method": "pwd"}
    return {"user_id": moana.account.pk, "facts": facts}


@produces("confirmation_refused")
def _(world):
    moana = world.signed_in()
    session = moana.account.sessions.get()
    with suppress(confirmation.WrongPassword):
        confirmation.confirm(moana.account, password=WRONG, session=session)
    return {"user_id": moana.account.pk, "facts": {"session": str(session.pk)}}


@produces("device_forgotten")
def _(world):
    moana = world.signed_in()
    devices.forget(moana.account, moana.account.devices.get().pk)
    return {"user_id": moana.account.pk, "facts": {"forgotten": "|"}}


@produces("sign_in_failed")
def _(world):
    user = world.moana.has_an_account()
    world.moana.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14) Firefox/140.0"
    world.moana.signs_in(password=WRONG)
    facts = {"address": audit.email_digest(world.moana.email), "device": "Firefox|Android"}
    return {"user_id": user.pk, "network": HERE, "facts": facts}


@produces("sign_out")
def _(world):
    moana = world.signed_in()
    moana.signs_out()
    return {"user_id": moana.account.pk, "network": HERE}


@produces("session_ended")
def _(world):
    """By staff: who did it stands beside whose it was."""
    moana = world.signed_in()
    agent = an_agent("support")
    suspension.suspend(moana.account, actor=agent.account)
    return {"user_id": moana.account.pk, "actor_id": agent.account.pk}


@produces("password_changed")
def _(world):
    moana = world.signed_in()
    moana.opens(reverse("accounts:password_change"))
    moana.submits(current=moana.password, password1=NEW, password2=NEW)
    return {"user_id": moana.account.pk, "network": HERE}


@produces("event_denied")
def _(world):
    moana = world.signed_in()
    denied = Event.objects.filter(event="sign_in", user_id=moana.account.pk).get()
    moana.opens(f"{reverse('not_me')}?evenement={denied.pk}")
    moana.sends(moana.form("evenement"))
    facts = {"denied": denied.pk, "what": "sign_in"}
    return {"user_id": moana.account.pk, "network": HERE, "facts": facts}

"""When the mail of a sign-up leaves: the first ones of a network at once, the further ones paced.

A school, a town hall or an operator puts hundreds of people behind one address: none of them is
refused. What a robot wants is many mailboxes proved soon; a person at worst gets the mail later,
and is told when.

A window's mails leave as if each network had a number of them ready, and one more every STEP.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ncconnect import ratelimit
from ncconnect.ratelimit import LIMITS, Verdict

LATEST = settings.PACED_MAIL_TIME
STEP = timedelta(minutes=2)
# The networks of one IPv6 /48 may be of many people, or of one.
STEP_OF_A_SITE = STEP / 4

_STEPS = {
    "sign_up": STEP,
    "sign_up_day": STEP,
    "sign_up_site": STEP_OF_A_SITE,
    "sign_up_site_day": STEP_OF_A_SITE,
}


def next_moment(network: str) -> datetime:
    """Count one more mail for this network: when it leaves."""
    return _latest({key: ratelimit.hit(*key) for key in _keys(network)})


def current_moment(network: str) -> datetime:
    """When the mail that was counted last leaves; now, for most networks."""
    return _latest({key: ratelimit.peek(*key) for key in _keys(network)})


def _keys(network: str) -> list[ratelimit.Key]:
    keys = [("sign_up", network), ("sign_up_day", network)]
    if site := ratelimit.site(network):
        keys += [("sign_up_site", site), ("sign_up_site_day", site)]
    return keys


def _latest(verdicts: dict[ratelimit.Key, Verdict]) -> datetime:
    now = timezone.now()
    moments = (_moment(name, verdict, now) for (name, _key), verdict in verdicts.items())
    return min(max(now, *moments), now + LATEST)


def _moment(name: str, verdict: Verdict, now: datetime) -> datetime:
    beyond = verdict.count - LIMITS[name].number
    if beyond <= 0:
        return now
    opened = now + timedelta(seconds=verdict.retry_after - LIMITS[name].window)
    return opened + beyond * _STEPS[name]

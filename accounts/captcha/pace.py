"""How many tests a network is shown and answers, and what changes beyond that.

Nobody is refused for sharing an address with many others: beyond the number, one more test is
asked in a row, which costs a person a minute, and a machine the square of its chances.
"""

from ncconnect import ratelimit
from ncconnect.ratelimit import backoff


def shown(network: str) -> bool:
    """Count a test that is shown; False when there were many here already."""
    keys = [("captcha_shown", network), ("captcha_shown_day", network)]
    if site := ratelimit.site(network):
        keys += [("captcha_shown_site", site), ("captcha_shown_site_day", site)]
    verdicts = [ratelimit.hit(*key) for key in keys]
    return all(verdict.allowed for verdict in verdicts)


def sound(network: str) -> int:
    """Count a test by sound; 0, or the seconds until one may be asked for."""
    return ratelimit.hit("captcha_sound", network).retry_after


def answer(*, visitor: str, network: str) -> int:
    """Count an answer that is about to be judged; 0, or the seconds until one may be."""
    waiting = backoff.wait("captcha_failed", visitor, network)
    return waiting or ratelimit.hit("captcha_answer", network).retry_after


def failed(*, visitor: str, network: str) -> None:
    """A wrong answer: after a few in a row, the next one waits, longer each time."""
    backoff.failed("captcha_failed", visitor, network)


def passed(*, visitor: str, network: str) -> None:
    """A right answer: this browser starts anew. What its network has used stays used."""
    backoff.succeeded("captcha_failed", visitor, network)

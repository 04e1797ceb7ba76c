"""Google's test, as an option beside ours: django-recaptcha's client, kept within bounds.

Whatever Google or the network does, the answer is one of three verdicts within DEADLINE. The
visitor's address is not sent. Nothing of Google is loaded before the visitor asks for it.
"""

import concurrent.futures
import enum
import http.client
import logging
import threading
import time
from urllib.parse import urlsplit

from django.conf import settings
from django_recaptcha import client

logger = logging.getLogger(__name__)

DEADLINE = 3  # seconds, name resolution and slow answers included
LONGEST_RESPONSE = 8192  # characters; Google's are about 2 000
FAILURES_BEFORE_PAUSE = 3
PAUSE = 30  # seconds without asking, after that many failures in a row

# For django-csp, on the pages that show Google's test and no others.
CSP = {
    "script-src": [
        "'self'",
        "https://www.google.com/recaptcha/",
        "https://www.gstatic.com/recaptcha/",
    ],
    "frame-src": [
        "https://www.google.com/recaptcha/",
        "https://recaptcha.google.com/recaptcha/",
    ],
}


class Verdict(enum.Enum):
    PASSED = "passed"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Breaker:
    """Stops asking a service that does not answer, for a while, so that nobody waits in vain."""

    def __init__(self):
        self._lock = threading.Lock()
        self.close()

    def close(self) -> None:
        """The service answered."""
        with self._lock:
            self._failures, self._resume_at = 0, 0.0

    def failed(self) -> None:
        """The service did not answer."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_BEFORE_PAUSE:
                self._resume_at = time.monotonic() + PAUSE

    @property
    def is_open(self) -> bool:
        """Whether to do without the service for now."""
        return time.monotonic() < self._resume_at


breaker = Breaker()
# Few threads: a stalled Google may hold them, never the workers that serve pages.
_threads = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="recaptcha")

# All that a network, a proxy or a server that talks nonsense can raise in the client.
_FAILURES = (
    OSError,
    http.client.HTTPException,
    concurrent.futures.TimeoutError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


def verify(response: str) -> Verdict:
    """Ask Google about the response that its script put in the form. Never raises."""
    if len(response) > LONGEST_RESPONSE:
        return Verdict.REFUSED
    if breaker.is_open:
        return Verdict.UNAVAILABLE
    try:
        answer = _threads.submit(_ask, response).result(timeout=DEADLINE)
        verdict = _judge(answer)
    except _FAILURES as error:
        breaker.failed()
        logger.warning("recaptcha is unavailable: %s", type(error).__name__)
        return Verdict.UNAVAILABLE
    breaker.close()
    return verdict


def _ask(response: str) -> client.RecaptchaResponse:
    return client.submit(
        recaptcha_response=response, private_key=settings.RECAPTCHA_PRIVATE_KEY, remoteip=""
    )


def _judge(answer: client.RecaptchaResponse) -> Verdict:
    """Passed only when Google says so, of a test shown on our own host."""
    codes = set(answer.error_codes)
    if codes & {"missing-input-secret", "invalid-input-secret"}:
        logger.error("recaptcha refuses our key")
        return Verdict.UNAVAILABLE
    expected = urlsplit(settings.ISSUER).hostname
    if answer.is_valid is True and answer.extra_data.get("hostname") == expected:
        return Verdict.PASSED
    return Verdict.REFUSED

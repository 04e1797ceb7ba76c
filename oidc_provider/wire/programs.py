"""The addresses of programs never answer with a page of ours (RFC 6749, section 5.2)."""

import functools
import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from ncconnect.middleware import OUTAGE_RETRY_AFTER
from oidc_provider.wire.answers import Refused, refusal

logger = logging.getLogger(__name__)
View = Callable[[HttpRequest], HttpResponse]


def answered(view: View) -> View:
    """What would be a page, for a person, is JSON: a form that is none, and a database that is away
    or lets us wait too long for a row."""

    @functools.wraps(view)
    def programs(http: HttpRequest) -> HttpResponse:
        try:
            return view(http)
        except (SuspiciousOperation, BadRequest, MultiPartParserError):
            return refusal(Refused("invalid_request", "the form is too long, or is none"))
        except (OperationalError, InterfaceError):
            logger.exception("the database did not answer")
            why = "NC Connect cannot answer now"
            return refusal(Refused("temporarily_unavailable", why, 503, OUTAGE_RETRY_AFTER))

    return programs

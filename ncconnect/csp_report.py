"""Where browsers report what the Content Security Policy stopped. One log line each, no address."""

import json
import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ncconnect import ratelimit

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024


@csrf_exempt  # browsers send it on their own, without a token
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Always 204: a report that is malformed, too long or one too many is dropped."""
    allowed = ratelimit.hit("csp_report", request.client_network).allowed
    if allowed and (report := _parse(request)):
        logger.warning("content security policy", extra={"facts": report})
    return HttpResponse(status=204)


def _parse(request: HttpRequest) -> dict[str, str] | None:
    """The directive and the origin that it stopped. Paths may hold a mailed link: left out."""
    try:
        body = request.read(MAX_BYTES + 1)
        report = json.loads(body)["csp-report"] if len(body) <= MAX_BYTES else {}
        directive = report.get("effective-directive") or report.get("violated-directive") or ""
        blocked = str(report.get("blocked-uri", ""))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError):
        return None
    return (
        {"directive": str(directive)[:60], "blocked": _origin(blocked)[:100]} if directive else None
    )


def _origin(uri: str) -> str:
    """Scheme and host of an address; a keyword such as « inline » as it is."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "malformed"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.scheme or uri

"""The pictures and the sound of a test, for the browser it was shown to, until it is answered."""

import re
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.captcha import audio, rendering
from accounts.captcha import challenge as tests
from accounts.captcha.challenge import Challenge, Kind
from accounts.captcha.visitor import known_visitor
from ncconnect import ratelimit

_RANGE = re.compile(r"bytes=(\d{0,9})-(\d{0,9})")


def _of_an_open_test(kind: str, *, limit: str):
    """Give the view the open test of its address and visitor; 404 or 429 otherwise."""

    def decorator(view):
        @require_safe
        @wraps(view)
        def wrapped(request: HttpRequest, address: str) -> HttpResponse:
            verdict = ratelimit.hit(limit, request.client_network)
            challenge = _find(request, address, kind) if verdict.allowed else None
            if challenge:
                return _private(view(request, challenge))
            return _private(_missing() if verdict.allowed else _too_many(verdict.retry_after))

        return wrapped

    return decorator


@_of_an_open_test(Kind.IMAGES, limit="captcha_image")
def pictures(request: HttpRequest, challenge: Challenge) -> HttpResponse:
    """GET /captcha/ADDRESS/images.jpg: the nine pictures in one sheet."""
    drawings = tuple(slot.drawing for slot in challenge.slots)
    content = rendering.render_cached(
        challenge.seed("pictures"), drawings, challenge.facts.level, challenge.ground
    )
    return HttpResponse(content, content_type="image/jpeg")


@_of_an_open_test(Kind.AUDIO, limit="captcha_audio")
def sound(request: HttpRequest, challenge: Challenge) -> HttpResponse:
    """GET /captcha/ADDRESS/code.wav: the spoken digits, in the language of the page."""
    content = audio.speak_cached(challenge.seed("sound"), challenge.code, get_language() or "fr")
    response = _part_asked_for(request, content)
    response["Accept-Ranges"] = "bytes"
    return response


def _part_asked_for(request: HttpRequest, content: bytes) -> HttpResponse:
    """The whole sound, or the one range that some players insist on (RFC 9110, section 14)."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or not any(match.groups()):
        return HttpResponse(content, content_type="audio/wav")
    start, end = _bounds(*match.groups(), len(content))
    if start > end:
        headers = {"Content-Range": f"bytes */{len(content)}"}
        return HttpResponse(status=416, headers=headers, content_type="audio/wav")
    headers = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
    part = content[start : end + 1]
    return HttpResponse(part, status=206, headers=headers, content_type="audio/wav")


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """The first and last byte of a range; without a first one, it counts from the end."""
    if not first:
        return max(0, length - int(last)), length - 1
    return int(first), min(int(last), length - 1) if last else length - 1


def _find(request: HttpRequest, address: str, kind: str) -> Challenge | None:
    visitor = known_visitor(request)
    challenge = visitor and tests.find_by_address(address=address, visitor=visitor)
    return challenge if challenge and challenge.facts.kind == kind else None


def _missing() -> HttpResponse:
    return HttpResponse(status=404, content_type="text/plain")


def _too_many(retry_after: int) -> HttpResponse:
    headers = {"Retry-After": str(retry_after)}
    return HttpResponse(status=429, headers=headers, content_type="text/plain")


def _private(response: HttpResponse) -> HttpResponse:
    """Kept by nobody, indexed by nobody, shown by no other site."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response

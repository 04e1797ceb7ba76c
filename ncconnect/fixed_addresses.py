"""What browsers and researchers look for at addresses that others have fixed: security.txt, icons,
the manifest."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

A_DAY = 24 * 3600  # seconds
ICON_SIZES = (192, 512)  # pixels
# RFC 9116 2.5.5 advises less than a year. It is renewed with each answer, so it runs out only where
# an old copy is kept.
SECURITY_TXT_TIME = timedelta(days=180)


@require_safe
@cache_control(public=True, max_age=A_DAY)
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell of a fault that concerns security, in which languages."""
    expires = timezone.now().replace(microsecond=0) + SECURITY_TXT_TIME
    fields = (
        ("Contact", f"mailto:{settings.SECURITY_EMAIL}"),
        ("Expires", expires.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("Preferred-Languages", "fr, en"),
        ("Canonical", f"{settings.ORIGIN}/.well-known/security.txt"),
    )
    text = "".join(f"{name}: {value}\n" for name, value in fields)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """/favicon.ico, for browsers that ask for it without being told."""
    picture = Path(finders.find("img/favicon.ico")).read_bytes()
    return HttpResponse(picture, content_type="image/vnd.microsoft.icon")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def apple_touch_icon(request: HttpRequest) -> HttpResponse:
    """/apple-touch-icon.png: the mark on the screen of a phone."""
    picture = Path(finders.find("img/icon-180.png")).read_bytes()
    return HttpResponse(picture, content_type="image/png")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def manifest(request: HttpRequest) -> JsonResponse:
    """W3C Web Application Manifest. It opens in a browser: people must see the address."""
    facts = {
        "name": "NC Connect",
        "short_name": "NC Connect",
        "start_url": "/",
        "display": "browser",
        "lang": settings.LANGUAGE_CODE,
        "background_color": "#FAF6EE",
        "theme_color": "#0B2E38",
        "icons": [
            {
                "src": static(f"img/icon-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size in ICON_SIZES
        ],
    }
    return JsonResponse(facts, content_type="application/manifest+json")

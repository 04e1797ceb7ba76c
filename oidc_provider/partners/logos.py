"""The partner's logo: kept and served by us, so that no page of ours calls another site.

Pictures are drawn again at the size that is shown; an SVG is taken as it is, when it is only a
drawing. Each is served under its own digest, for ever, where nothing in it could run.
"""

import hashlib
import io
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from PIL import Image, UnidentifiedImageError

from oidc_provider.models import Logo, RelyingParty

HEIGHT = 55  # pixels, on every page
MAX_SIZE = (320, 2 * HEIGHT)  # twice as fine, for dense screens
MAX_BYTES = 512 * 1024
MAX_SVG_BYTES = 20 * 1024
NAME = re.compile(r"[0-9a-f]{32}\.(png|svg)")
NOT_A_DRAWING = re.compile(
    r"<!DOCTYPE|<!ENTITY|<script|<foreignObject|\son\w+\s*=|(href|src)\s*=\s*[\"'](?!#)|url\((?!#)|@import",
    re.IGNORECASE,
)


class InvalidLogo(ValueError):
    """The text says what is expected."""


def set_logo(partner: RelyingParty, content: bytes) -> None:
    """Keep this picture (PNG, JPEG, WebP or SVG) as the partner's logo. Raises InvalidLogo."""
    if len(content) > MAX_BYTES:
        raise InvalidLogo(f"expected at most {MAX_BYTES // 1024} KiB")
    drawn, suffix = (_svg(content), "svg") if b"<svg" in content[:1024] else (_png(content), "png")
    name = f"{hashlib.sha256(drawn).hexdigest()[:32]}.{suffix}"
    Logo.objects.get_or_create(name=name, defaults={"content": drawn})
    former, partner.logo = partner.logo, name
    partner.save(update_fields=["logo", "updated"])
    if former != name and not RelyingParty.objects.filter(logo=former).exists():
        Logo.objects.filter(name=former).delete()


def _png(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as picture:
            picture.thumbnail(MAX_SIZE)
            drawn = io.BytesIO()
            picture.convert("RGBA").save(drawn, "PNG", optimize=True)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        raise InvalidLogo("expected a PNG, JPEG, WebP or SVG picture") from None
    return drawn.getvalue()


def _svg(content: bytes) -> bytes:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise InvalidLogo("expected an SVG in UTF-8") from None
    if len(content) > MAX_SVG_BYTES or NOT_A_DRAWING.search(text):
        raise InvalidLogo(
            f"expected an SVG of at most {MAX_SVG_BYTES // 1024} KiB, with no script and no link"
        )
    return content


@require_safe
def logo(http: HttpRequest, name: str) -> HttpResponse:
    """The picture of this name never changes."""
    found = NAME.fullmatch(name) and Logo.objects.filter(name=name).first()
    if not found:
        raise Http404
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    response = HttpResponse(bytes(found.content), content_type=kind)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response

"""The demonstration mailbox: the mails of the outbox, as their readers would see them.

It exists in demonstration mode only: it shows everybody's mails, links included.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from csp.decorators import csp, csp_update
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import RenderedMessage
from ncconnect.mail.rendering import render as render_mail

SHOWN = 100

# A mail brings its own styles, and nothing else: no script, no picture, no form. Links open in
# the whole window, when the person follows them.
SANDBOX = ["allow-popups", "allow-top-navigation-by-user-activation"]
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": SANDBOX,
}

View = Callable[..., HttpResponse]


def demonstration_only(view: View) -> View:
    """Outside of demonstration mode, the page does not exist. Mailed links stay out of Referer."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs) -> HttpResponse:
        if not settings.DEMO_MODE:
            raise Http404
        response = view(request, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    wrapped.exists = lambda: settings.DEMO_MODE  # read by ncconnect.middleware.Methods
    return wrapped


def _rendered(row: Outbox) -> RenderedMessage | None:
    """None when what the mail speaks of is gone."""
    try:
        return render_mail(row)
    except ObjectDoesNotExist:
        return None


def _newest() -> list[tuple[Outbox, RenderedMessage]]:
    rows = Outbox.objects.order_by("-created_at")[:SHOWN]
    return [(row, mail) for row in rows if (mail := _rendered(row))]


def _message_or_404(mail_id: UUID) -> tuple[Outbox, RenderedMessage]:
    row = get_object_or_404(Outbox, pk=mail_id)
    mail = _rendered(row)
    if mail is None:
        raise Http404
    return row, mail


@demonstration_only
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every mail, newest first."""
    context = {"mails": _newest(), "leaves": bool(settings.EMAIL_URL)}
    return render(request, "ncconnect/mailbox/list.html", context)


@demonstration_only
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """The same, for programs."""
    return JsonResponse([_as_json(row, mail) for row, mail in _newest()], safe=False)


def _as_json(row: Outbox, mail: RenderedMessage) -> dict[str, str]:
    return {
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "sent_at": (row.sent_at or row.created_at).isoformat(),
    }


@demonstration_only
@require_http_methods(["GET", "HEAD", "POST"])
@csp_update({"frame-src": ["'self'"]})
def message(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """One mail: as it looks, as text, its headers. POST deletes it."""
    if request.method == "POST":
        Outbox.objects.filter(pk=mail_id).delete()
        return redirect("mailbox")
    row, mail = _message_or_404(mail_id)
    headers = {"From": settings.DEFAULT_FROM_EMAIL, "To": mail.to, "Subject": mail.subject}
    context = {"row": row, "mail": mail, "headers": headers | mail.headers}
    return render(request, "ncconnect/mailbox/message.html", context)


@demonstration_only
@require_GET
@xframe_options_sameorigin
@csp(MAIL_POLICY)
def message_html(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """The HTML part alone, for the frame of the page above."""
    _, mail = _message_or_404(mail_id)
    return HttpResponse(mail.html.replace("<head>", '<head><base target="_top">', 1))

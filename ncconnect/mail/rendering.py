"""From a row of the outbox to a message. Deterministic: the same row gives the same message."""

import re
import textwrap
from dataclasses import dataclass
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from ncconnect.mail import RENDERERS
from ncconnect.mail.models import Outbox

COLUMNS = 77  # RFC 5322, section 2.1.1: lines should be no more than 78 characters
URL_ALONE = re.compile(r"\s*https?://\S+\s*")


@dataclass(frozen=True)
class RenderedMessage:
    """A mail as it leaves. ``headers`` has every header but the standard From, To and Subject."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]

    def as_email(self) -> EmailMultiAlternatives:
        message = EmailMultiAlternatives(
            subject=self.subject,
            body=self.text,
            to=[self.to],
            headers=self.headers,
        )
        message.attach_alternative(self.html, "text/html")
        return message


def render(row: Outbox) -> RenderedMessage:
    """The message of a row, in the row's language.

    Raises ObjectDoesNotExist when what it speaks of is gone.
    """
    with translation.override(row.language):
        context = _common(row) | RENDERERS[row.name](row.context, row.to)
        subject = " ".join(_template(row, "subject.txt", context).split())
        context["subject"] = subject
        return RenderedMessage(
            to=row.to,
            subject=subject,
            text=wrap(_template(row, "body.txt", context)),
            html=_template(row, "body.html", context).strip() + "\n",
            headers=_headers(row),
        )


def _common(row: Outbox) -> dict:
    return {
        "language": row.language,
        "to": row.to,
        "ORIGIN": settings.ORIGIN,
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
        "DEMO_MODE": settings.DEMO_MODE,
    }


def _template(row: Outbox, file: str, context: dict) -> str:
    return render_to_string(f"emails/{row.name}/{file}", context)


def _headers(row: Outbox) -> dict[str, str]:
    return {
        "Message-ID": row.message_id,
        "Date": format_datetime(row.created_at),
        "Reply-To": settings.SUPPORT_EMAIL,
        "Content-Language": row.language,
        "Auto-Submitted": "auto-generated",  # RFC 3834, section 5: no vacation answer
        "X-Auto-Response-Suppress": "All",  # the same, for Exchange
    }


def wrap(text: str) -> str:
    """Lines of at most COLUMNS characters. An address alone on its line is never cut."""
    paragraphs = re.sub(r"\n{3,}", "\n\n", text.strip())
    return "\n".join(_wrapped(line) for line in paragraphs.splitlines()) + "\n"


def _wrapped(line: str) -> str:
    if len(line) <= COLUMNS or URL_ALONE.fullmatch(line):
        return line.rstrip()
    return textwrap.fill(line, COLUMNS, break_long_words=False, break_on_hyphens=False)

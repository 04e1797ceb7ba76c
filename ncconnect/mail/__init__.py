"""Mail through an outbox: written with what caused it, sent by a worker, never lost.

    mail.send("activation", to=user.email, context={"link": str(link.pk)}, language="fr")

The row is written in the caller's transaction and holds keys only. The text is rendered as late
as possible, by the function that ``email`` registered and the templates of
templates/emails/<name>/ (subject.txt, body.txt, body.html).
"""

from collections.abc import Callable
from datetime import datetime

from django.apps import apps as installed
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from ncconnect.commits import after_commit
from ncconnect.mail.waking import wake


class NobodyToWriteTo(ObjectDoesNotExist):
    """What a renderer raises when the address has nobody who is to have the mail.

    The row goes without a word: that it was written says nothing, and neither does its end.
    """


Renderer = Callable[[dict, str], dict]
RENDERERS: dict[str, Renderer] = {}
LEAVING: dict[str, Callable[[dict], None]] = {}


def email(name: str) -> Callable[[Renderer], Renderer]:
    """Register the function that makes the template context of a mail.

    It gets the stored context and the address, and is deterministic: a mail may be rendered again.
    When what the mail speaks of is gone, it raises ObjectDoesNotExist and the mail is given up.
    """

    def register(function: Renderer) -> Renderer:
        RENDERERS[name] = function
        return function

    return register


def leaving(name: str) -> Callable[[Callable[[dict], None]], Callable[[dict], None]]:
    """Register what happens each time that a mail is about to leave, before it is rendered.

    It gets the stored context. Raises NobodyToWriteTo when the mail is to leave no more.
    """

    def register(function: Callable[[dict], None]) -> Callable[[dict], None]:
        LEAVING[name] = function
        return function

    return register


def send(
    name: str, *, to: str, context: dict, language: str, not_before: datetime | None = None
) -> None:
    """Put a mail in the outbox; a worker sends it once the transaction is committed.

    ``context`` is JSON of keys and dates: never a link, a token or any other secret.
    ``not_before``: it waits in the outbox until then, and its time to leave counts from then.
    KeyError when no such mail is registered.
    """
    if name not in RENDERERS:
        raise KeyError(f"no mail is registered as {name}")
    row = installed.get_model("mail.Outbox").objects.create(
        name=name, to=to, context=context, language=language, **_from(not_before)
    )
    if row.next_at > timezone.now():
        return  # the sweep finds it
    after_commit(wake, row.pk)


def _from(moment: datetime | None) -> dict:
    return {"created_at": moment, "next_at": moment} if moment else {}


def was_refused(*names: str, to: str, since: datetime) -> bool:
    """Whether the mail server of this address has refused one of these mails for good.

    Ask about mails only that are written whether or not the address has an account.
    """
    outbox = installed.get_model("mail.Outbox").objects
    return outbox.refused(to, names, since)

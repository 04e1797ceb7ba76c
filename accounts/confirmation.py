"""« Confirmez que c’est vous »: what changes an account asks for a proof that is fresh.

A session proves who signed in, not who sits there now: whoever finds a telephone on a table, or
copied a cookie, may read and not change. The proof is asked before the form is shown, so that
nobody fills one in for nothing, and again when it is sent; if its time has passed meanwhile, what
was typed comes back in the form, and is not executed.

    @confirmed("telephone", keeps=("phone",))
    class Phone(LoginRequiredMixin, FormPage): …

``/confirmer/?pour=telephone`` names a page of the table below, never a path: no address of ours
sends anybody anywhere else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import View

from accounts import return_to
from accounts.models import User
from ncconnect.sealed import Seal, Unreadable

AGE = timedelta(minutes=5)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Parameters of the page's address.
FOR, TYPED = "pour", "saisie"
MAX_LENGTH = 4_000  # of what was typed, sealed: an address line takes no more with the way on

_TYPED = Seal("accounts.confirmation", version=1, age=timedelta(minutes=20))


@dataclass(frozen=True)
class Asker:
    """A page that asks for a proof, how fresh it is to be, and what the page is about to do: the
    end of a sentence."""

    url_name: str
    act: Any
    age: timedelta

    def address(self, typed: str = "", next_path: str = "") -> str:
        url = reverse(self.url_name)
        return return_to.carry(_with(url, {TYPED: typed}) if typed else url, next_path)


_askers: dict[str, Asker] = {}


def register(name: str, url_name: str, *, act: Any, age: timedelta = AGE) -> None:
    """From now on the page of this name may ask for a proof, and is come back to after it."""
    _askers[name] = Asker(url_name, act, age)


def asker(name: str) -> Asker | None:
    return _askers.get(name)


def fresh(request: HttpRequest, age: timedelta = AGE) -> bool:
    """Did this browser prove so lately that its person is there? Signing in is such a proof."""
    session = request.session.record
    proved_at = session.confirmed_at if session else None
    return proved_at is not None and timezone.now() - proved_at <= age


V = TypeVar("V", bound=type[View])


def confirmed(name: str, *, keeps: Sequence[str] = (), to_look: bool = True) -> Callable[[V], V]:
    """For a view class: nobody acts there without a proof; nor looks, unless ``to_look`` is False.

    ``keeps``: the fields that come back as they were typed. Never a secret: they stand, sealed, in
    an address. Who is not signed in is left to the view, which sends them to do so.
    """

    def asks(dispatch):
        def guarded(request, *args, **kwargs):
            needed = to_look or request.method not in SAFE_METHODS
            if needed and request.user.is_authenticated and not fresh(request, _askers[name].age):
                return _ask(request, name, keeps)
            return dispatch(request, *args, **kwargs)

        return guarded

    return method_decorator(asks, name="dispatch")


def _ask(request: HttpRequest, name: str, keeps: Sequence[str]) -> HttpResponse:
    data = request.POST if request.method == "POST" else {}
    typed = _sealed({key: data[key] for key in keeps if key in data}, name, request.user)
    if not data:
        typed = request.GET.get(TYPED, "")  # the way back took longer than the proof lasts
    named = {FOR: name} | ({TYPED: typed} if typed else {})
    url = _with(reverse("accounts:confirm"), named)
    return HttpResponseRedirect(return_to.carry(url, return_to.read(request)))


def _sealed(values: dict[str, str], name: str, user: User) -> str:
    """For this page and this person only; empty when there is nothing, or far too much."""
    sealed = _TYPED.close(values, audience=_audience(name, user)) if values else ""
    return sealed if len(sealed) <= MAX_LENGTH else ""


def typed(request: HttpRequest, name: str) -> dict[str, str]:
    """What this person had typed on this page when they were asked who they are."""
    try:
        return _TYPED.open(request.GET.get(TYPED, ""), audience=_audience(name, request.user))
    except Unreadable:
        return {}


def _audience(name: str, user: User) -> str:
    return f"{name} {user.pk}"


def _with(url: str, named: dict[str, str]) -> str:
    return f"{url}?{urlencode(named)}"

"""What the pages of this floor have in common."""

from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts import about, browser, links, return_to
from ncconnect import errors, languages, ratelimit
from ncconnect.middleware import FOR_BACK


class WithDestination:
    """A page on the way to somewhere: it knows where, says so, and hands it on to the next page."""

    @cached_property
    def next_path(self) -> str:
        return return_to.read(self.request)

    @cached_property
    def destination(self) -> return_to.Destination:
        return return_to.destination(self.next_path)

    def onward(self, url_name: str, email: str = "") -> str:
        """The address of another page of ours, which knows where the person goes too, and who."""
        return about.with_address(return_to.carry(reverse(url_name), self.next_path), email)

    @classmethod
    def when_stale(cls, request: HttpRequest) -> HttpResponse | None:
        """Whoever is signed in by now, and came for somewhere, goes there (ncconnect.errors)."""
        view = cls()
        view.setup(request)
        came_for = view.next_path and request.user.is_authenticated
        return HttpResponseRedirect(view.destination.url) if came_for else None

    @classmethod
    def by_get(cls, request: HttpRequest) -> str:
        """The address of this page for whoever comes back to it after an error: a form carries the
        way beside its address."""
        address = request.get_full_path()
        if return_to.FIELD in request.GET:
            return address
        view = cls()
        view.setup(request)
        return return_to.carry(address, view.next_path)

    def get_context_data(self, **context):
        return super().get_context_data(**_way(self.next_path, self.destination), **context)


def _way(path: str, destination: return_to.Destination) -> dict:
    """``carried``: the query by which a link to another page of ours hands the path on."""
    return {"next": path, "destination": destination, "carried": return_to.carry("", path)}


class Page(WithDestination, TemplateView):
    """A page without a form."""


class PageOfOne(Page):
    """What a form of an address led to. It can be reloaded, and read in another language.

    It speaks to nobody who comes without that address, nor to another person who is signed in here.
    """

    def dispatch(self, request, *args, **kwargs):
        self.email = about.address(request)
        stranger = request.user.is_authenticated and request.user.email != self.email
        if stranger or not self.email:
            return HttpResponseRedirect(
                self.destination.url if stranger else self.onward("accounts:sign_in")
            )
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context):
        context = super().get_context_data(email=self.email, **context)
        return context | {"carried": about.with_address(context["carried"], self.email)}


@method_decorator(
    sensitive_post_parameters("password", "password1", "password2", "current"), name="dispatch"
)
class FormPage(WithDestination, FormView):
    """A page with a form. An erroneous one is shown again, with a title that says so.

    Every form that is sent counts, right or wrong, before it is looked at: ``limit`` names the
    limit; a page whose flow counts each of its tries has none here.
    """

    limit = "forms"
    form_id = "formulaire"
    language = ""  # chosen by a button of the form
    cache = FOR_BACK  # of a page that shows it again
    http_method_names = ["get", "head", "post", "options"]  # Django's has a PUT beside them

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        if request.method == "POST" and (language := languages.chosen(request.POST)):
            self.language = language
            translation.activate(language)  # before anything here is put into words

    def dispatch(self, request, *args, **kwargs):
        """Back finds a form again that was shown with errors: of an answer to a POST that no cache
        may hold, browsers show a page of their own instead (« Confirm Form Resubmission »). It
        holds no password that can be read."""
        response = super().dispatch(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == HTTPStatus.OK and self.cache:
            response.headers.setdefault("Cache-Control", self.cache)
        return response

    def post(self, request, *args, **kwargs):
        if self.limit:
            verdict = ratelimit.hit(self.limit, request.client_network)
            if not verdict.allowed:
                return errors.too_many(request, verdict.retry_after)
        if self.language:
            return self._in_another_language()
        return super().post(request, *args, **kwargs)

    def _in_another_language(self) -> HttpResponse:
        """The page as it is, in the language chosen: what was typed is kept, and nothing is done.

        The same when it is reloaded. A password that was judged good is kept as ever.
        """
        form = self.get_form()
        form.is_valid()  # its errors, in the new words
        response = self.render_to_response(self.get_context_data(form=form))
        languages.keep(response, self.language)
        return response

    def get_context_data(self, **context):
        """A page that answers a form has the languages as buttons of it: a link would lose what
        was typed."""
        answers = self.request.method == "POST"
        return super().get_context_data(language_form=self.form_id if answers else "", **context)


class OwnFormPage(LoginRequiredMixin, FormPage):
    """A form about whoever is signed in: it acts for the person that it was shown to, or not.

    Its template carries ``about`` in the field ``compte``. Nothing of it stays in a browser that
    its person has left.
    """

    cache = ""

    def post(self, request, *args, **kwargs):
        """A page that was shown to somebody else changes nothing here: it is shown anew."""
        if not about.is_about(request, request.user):
            messages.warning(
                request, _("Cette page n’était pas celle de ce compte. Rien n’a été modifié.")
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **context):
        return super().get_context_data(about=about.sealed_person(self.request.user), **context)


def allow_form_to_end_at(response: HttpResponse, origin: str) -> HttpResponse:
    """Let this page's forms be redirected to one foreign origin, and no other.

    Chromium applies the CSP's form-action to the redirects that follow a posted form.
    """
    if origin:
        former = getattr(response, "_csp_update", None) or {}  # such as the captcha's
        response._csp_update = former | {"form-action": [origin]}
    return response


def to_tokenless_page(url_name: str, token: str) -> HttpResponse:
    """Leave a mailed address at once: its token goes into a cookie, out of the address bar."""
    name = browser.link_name(token)
    response = HttpResponseRedirect(f"{reverse(url_name)}?{urlencode({about.LINK: name})}")
    response["Referrer-Policy"] = "no-referrer"
    return response


def mended_link(url_name: str, token: str) -> HttpResponse:
    """The address of a mailed link without what a mail program or a hand wrote behind it.

    What is left may be no link: its own page says so, and helps.
    """
    response = HttpResponseRedirect(reverse(url_name, args=[links.letters_of(token)]))
    response["Referrer-Policy"] = "no-referrer"
    return response


def check_mail_address(attempt: about.Attempt, next_path: str) -> str:
    """The page that waits for the mail of this attempt, and of no other."""
    address = f"{reverse('accounts:check_mail')}?{urlencode({about.ATTEMPT: attempt.sealed()})}"
    return f"{address}&{urlencode({return_to.FIELD: next_path})}" if next_path else address


def link_problem(
    request: HttpRequest, template: str, problem: str, *, next_path: str, token: str
) -> HttpResponse:
    """The page of a link that cannot be used: why, and the way on."""
    context = {"problem": problem, "token": token}
    context |= _way(next_path, return_to.destination(next_path))
    response = render(request, template, context, status=410)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response

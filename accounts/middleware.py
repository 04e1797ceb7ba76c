"""Who sends a request, and answers that any page of this floor may have to give."""

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.utils.functional import SimpleLazyObject

from accounts import authentication
from accounts.flows.language import follow
from accounts.passwords import TooManyHashes
from ncconnect import errors


class Person(AuthenticationMiddleware):
    """Django's ``request.user``, without asking the database a second time for it."""

    def process_request(self, request):
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: authentication.signed_in_person(request))


def language_of_the_account(get_response):
    """Whoever is signed in and chooses a language has it in their mails too."""

    def middleware(request):
        response = get_response(request)
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen and settings.SESSION_COOKIE_NAME in request.COOKIES:
            user = authentication.signed_in_person(request)
            if user.is_authenticated:
                follow(user, chosen.value)
        return response

    return middleware


class Busy:
    """Nobody waits for a hash longer than is documented: then an honest 503."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, TooManyHashes):
            return errors.unavailable(request, exception.retry_after)
        return None

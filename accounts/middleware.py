"""Answers that any page of this floor may have to give."""

from accounts.passwords import TooManyHashes
from ncconnect import errors


class Busy:
    """Too many passwords are being hashed: an honest 503 rather than a queue without end."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, TooManyHashes):
            return errors.unavailable(request, exception.retry_after)
        return None

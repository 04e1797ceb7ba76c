"""Answers to programs and browsers alike: JSON that nobody keeps, a refusal, a way onward."""

import json

from django.http import HttpResponse


class SeeOther(HttpResponse):
    """303: the browser follows with GET, whatever it sent here (RFC 9700, section 4.12)."""

    status_code = 303

    def __init__(self, location: str):
        super().__init__(headers={"Location": location})

    @property
    def url(self) -> str:
        return self["Location"]


class Refused(Exception):
    """RFC 6749, section 5.2: an error code and a description for developers, in ASCII."""

    def __init__(self, error: str, description: str, status: int = 400, retry_after: int = 0):
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.retry_after = retry_after


def answer(content: dict | None, status: int = 200) -> HttpResponse:
    """JSON that nobody keeps (RFC 6749, section 5.1)."""
    body = json.dumps(content) if content is not None else ""
    response = HttpResponse(body, content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def refusal(error: Refused) -> HttpResponse:
    response = answer({"error": error.error, "error_description": error.description}, error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="NC Connect", charset="UTF-8"'
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response

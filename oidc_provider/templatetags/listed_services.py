"""The partners that anybody may go to, for the pages of lower floors that show some of them."""

from django.db import DatabaseError
from django.template import Library

from oidc_provider.partners import directory

register = Library()


@register.simple_tag
def listed_services(number: int) -> list[directory.Listed]:
    """``{% listed_services 4 as services %}``: the first so many, by name.

    None of them while the database does not answer: the page says the rest all the same.
    """
    try:
        return directory.listed()[:number]
    except DatabaseError:
        return []

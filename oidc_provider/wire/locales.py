"""The languages that a partner asks for (Core, section 3.1.2.1; RP-Initiated Logout, section 2)."""

from django.utils.translation import get_supported_language_variant

MAX_LOOKED_AT = 10


def language_of(ui_locales: str) -> str:
    """The first language of the list that we have; empty when there is none."""
    for locale in ui_locales.split()[:MAX_LOOKED_AT]:
        try:
            return get_supported_language_variant(locale)
        except (LookupError, ValueError):
            continue
    return ""

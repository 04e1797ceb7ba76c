"""Devices as a person recognises them: « Firefox sur Android ».

What is kept are the names of a browser and of a system; the words are made when they are read.
"""

from django.utils.translation import gettext as _

SEPARATOR = "|"

# In the order to try them: most browsers claim to be others as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
HANDHELD = ("Android", "iPhone", "iPad")


def seen(user_agent: str) -> tuple[str, str]:
    """The browser and the system that a User-Agent header tells of; empty what it does not."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return browser, system


def facts(browser: str, system: str) -> str:
    """Both in one text, as the trail keeps them."""
    return f"{browser}{SEPARATOR}{system}"


def label(facts: str) -> str:
    """The device in the language of whoever reads it."""
    browser, _separator, system = facts.partition(SEPARATOR)
    if browser and system:
        return _("%(browser)s sur %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Navigateur inconnu")

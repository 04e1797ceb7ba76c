"""Paths of this site, as they stand in an address, a form or a redirect.

Django's ``url_has_allowed_host_and_scheme`` refuses whatever is longer than 2 048 characters. What
carries a partner's request is longer, and must not be lost on the way: so the rule is ours, and
says nothing of length.
"""


def is_own(path: str) -> bool:
    """Does this lead to our own origin, in every browser?

    ``//evil``, and ``/\\evil`` which browsers read alike, name another host (WHATWG URL, 4.4); tabs
    and line ends, which they drop while they read, could make one of a harmless path.
    """
    return path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()

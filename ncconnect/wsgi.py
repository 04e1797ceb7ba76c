"""The entry that a WSGI server loads."""

import gc
import os
import re

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")

# Of a Content-Type, all but the one that a form in parts needs.
PARAMETERS = re.compile(r";(?!\s*boundary\s*=)[^;]*", re.IGNORECASE)

GC_THRESHOLD = 10_000  # objects: some hundred requests' worth of reference cycles

django = get_wsgi_application()


def settle() -> None:
    """Spare the garbage collector what is there to stay, and each request its share of a tenth.

    Python looks for cycles every 700 new objects, several times a request, and now and then goes
    through the whole program for them.
    """
    _ = get_resolver().url_patterns  # loads the views, before the first visitor has to wait for it
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


settle()


def application(environ: dict, start_response):
    """Everything here is UTF-8, whatever a request says.

    Django decodes by the charset that a Content-Type names, before any page of ours could answer:
    one that Python knows and that is no encoding of texts (rot13) would be an error of ours. So
    would be any parameter written in one that it does not know (RFC 2231).
    """
    environ["CONTENT_TYPE"] = PARAMETERS.sub("", environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)

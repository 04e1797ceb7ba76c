"""The entry that a WSGI server loads."""

import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")

CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)

django = get_wsgi_application()


def application(environ: dict, start_response):
    """Everything here is UTF-8, whatever a request says.

    Django decodes by the charset that a Content-Type names, before any page of ours could answer:
    one that Python knows and that is no encoding of texts (rot13) would be an error of ours.
    """
    environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)

"""The switchboard: every page of interface.md, by its address."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path


def _available(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


urlpatterns = []
if _available("ncconnect.pages"):
    from ncconnect import pages

    urlpatterns += [
        path("", pages.home, name="home"),
        path("aide/", pages.help_page, name="help"),
        path("cgu/", pages.terms, name="terms"),
        path("mentions-legales/", pages.legal, name="legal"),
        path("donnees-personnelles/", pages.privacy, name="privacy"),
        path("accessibilite/", pages.accessibility, name="accessibility"),
        path("contact/", pages.contact, name="contact"),
        path("en-savoir-plus/", pages.learn_more, name="learn_more"),
    ]
for prefix, module in (
    ("", "accounts.urls"),
    ("captcha/", "accounts.captcha.urls"),
    ("", "oidc_provider.urls"),
    ("demo/boite-mail/", "ncconnect.mail.urls"),
    ("", "ncconnect.operations_urls"),
):
    if _available(module):
        urlpatterns.append(path(prefix, include(module)))
urlpatterns += [path("admin/", admin.site.urls)]

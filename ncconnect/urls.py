"""The switchboard: every page of docs/interface.md, by its address.

Patterns are tried one after the other: what a sign-in asks for stands first.
"""

from django.contrib import admin
from django.urls import include, path

from ncconnect import fixed_addresses, pages

urlpatterns = [
    path("", include("oidc_provider.urls")),
    path("", include("accounts.urls")),
    path("", pages.home, name="home"),
    path("aide/", pages.help_page, name="help"),
    path("cgu/", pages.terms, name="terms"),
    path("mentions-legales/", pages.legal, name="legal"),
    path("donnees-personnelles/", pages.privacy, name="privacy"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("contact/", pages.contact, name="contact"),
    path("en-savoir-plus/", pages.learn_more, name="learn_more"),
    path("facile-a-lire/", pages.easy_read, name="easy_read"),
    path("robots.txt", pages.robots, name="robots"),
    path("favicon.ico", fixed_addresses.favicon),
    path("apple-touch-icon.png", fixed_addresses.apple_touch_icon),
    path("site.webmanifest", fixed_addresses.manifest, name="manifest"),
    path(".well-known/security.txt", fixed_addresses.security_txt),
    path("captcha/", include("accounts.captcha.urls")),
    path("demo/boite-mail/", include("ncconnect.mail.urls")),
    path("", include("ncconnect.operations_urls")),
    path("admin/", admin.site.urls),
    path("", include("oidc_provider.legacy")),
]

handler400 = "ncconnect.errors.handler400"
handler403 = "ncconnect.errors.handler403"
handler404 = "ncconnect.errors.handler404"
handler500 = "ncconnect.errors.handler500"

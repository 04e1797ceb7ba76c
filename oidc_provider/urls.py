"""The protocol on one page: every endpoint by its name, under the issuer's own path."""

from django.urls import include, path

from oidc_provider import (
    discovery,
    introspection,
    logos,
    partners,
    paths,
    tokens,
    userinfo,
)
from oidc_provider.authorize import views as authorize
from oidc_provider.logout import views as logout

oidc = [
    path("authorize", authorize.authorize, name="authorize"),
    path("authorize/suite/<str:value>/", authorize.resume, name="resume"),
    path("authorize/quitter/<str:value>/", authorize.leave, name="leave"),
    path("authorize/accord/<str:value>/", authorize.consent, name="consent"),
    path("token", tokens.token, name="token"),
    path("revoke", tokens.revoke, name="revoke"),
    path("introspect", introspection.introspect, name="introspect"),
    path("userinfo", userinfo.userinfo, name="userinfo"),
    path("jwks", discovery.jwks, name="jwks"),
    path("end-session", logout.end_session, name="end_session"),
    path("end-session/suite/<str:value>/", logout.resume, name="end_session_resume"),
    path("end-session/confirmer/<str:value>/", logout.confirm, name="end_session_confirm"),
    path("logo/<str:name>", logos.logo, name="logo"),
    path("deconnecte/", logout.logged_out, name="logged_out"),
]

urlpatterns = [
    path(paths.WELL_KNOWN, discovery.configuration, name="openid_configuration"),
    path(paths.BASE, include((oidc, "oidc"))),
    path("partenaires/", partners.partners, name="partners"),
    path("partenaires/", include("oidc_provider.documentation.urls")),
]

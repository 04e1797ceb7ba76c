"""The protocol on one page: every endpoint by its name, under the issuer's own path."""

from django.urls import include, path

from oidc_provider import discovery
from oidc_provider.authorize import views as authorize
from oidc_provider.logout import views as logout
from oidc_provider.partners import directory, logos
from oidc_provider.resources import introspection, userinfo
from oidc_provider.token import endpoint
from oidc_provider.wire import paths

oidc = [
    path("authorize", authorize.authorize, name="authorize"),
    path("authorize/suite/<str:value>/", authorize.resume, name="resume"),
    path("authorize/quitter/<str:value>/", authorize.leave, name="leave"),
    path("authorize/accord/<str:value>/", authorize.consent, name="consent"),
    path("token", endpoint.token, name="token"),
    path("revoke", endpoint.revoke, name="revoke"),
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
    *(path(address, discovery.configuration) for address in paths.SERVER_METADATA),
    path(paths.BASE, include((oidc, "oidc"))),
    path("partenaires/", directory.partners, name="partners"),
    path("partenaires/", include("oidc_provider.documentation.urls")),
    path("mon-compte/", include("oidc_provider.self_care.urls")),
]

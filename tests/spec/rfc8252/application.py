"""A native application of the tests."""

from tests.relying_party import RelyingParty

PRIVATE = "nc.mairie.app:/retour"
LOCAL = "http://127.0.0.1/retour"
LOCAL6 = "http://[::1]/retour"
CLAIMED = "https://app.mairie.example.nc/retour"
ALL = [PRIVATE, LOCAL, LOCAL6, CLAIMED]
NATIVE = {
    "client_id": "application",
    "client_secret": None,
    "client_uri": "https://mairie.example.nc/",
    "initiate_login_uri": None,
    "application_type": "native",
    "token_endpoint_auth_method": "none",
    "redirect_uris": ALL,
    "post_logout_redirect_uris": ALL,
    "nc_consent": "once",
    "grant_types": ["authorization_code", "refresh_token"],
}


class Application(RelyingParty):
    """It has no secret: it names itself in the body (RFC 8252, section 8.5)."""

    @classmethod
    def registered(cls, **changes) -> "Application":
        return super().registered(**NATIVE | changes)

    def basic(self) -> dict:
        return {}

    def calls(self, path, data, headers=None):
        return super().calls(path, {"client_id": self.client_id} | data, headers)

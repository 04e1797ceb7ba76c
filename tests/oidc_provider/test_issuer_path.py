"""An issuer may carry a path: every address of ours is then under it, and none elsewhere."""

import json
import os
import subprocess
import sys

from tests.environment import ROOT

SCRIPT = """
import django, json
django.setup()
from django.test import Client
from django.urls import reverse
from oidc_provider.wire import paths
from oidc_provider.authorize import pending
ask = Client(SERVER_NAME="127.0.0.1").get
page = ask("/v3/realms/nc-connect/.well-known/openid-configuration")
server = ".well-known/oauth-authorization-server"
print(json.dumps({
    "oauth": [
        ask(f"/{server}/v3/realms/nc-connect").json(), ask(f"/v3/realms/nc-connect/{server}").json()
    ],
    "absent": [ask(f"/{path}").status_code for path in (server, f"{server}/v3", f"{server}/")],
    "metadata": page.json(),
    "resume": [pending.PATH_PREFIX, reverse("oidc:resume", args=["x"])],
    "leave": [pending.LEAVE_PREFIX, reverse("oidc:leave", args=["x"])],
    "consent": [pending.CONSENT_PREFIX, reverse("oidc:consent", args=["x"])],
}))
"""


def test_every_address_is_under_the_issuer_but_the_one_that_a_path_is_put_behind():
    issuer = "http://127.0.0.1:8000/v3/realms/nc-connect"
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"ISSUER": issuer, "DATA_DIR": str(ROOT / "path"), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(result.stdout.splitlines()[-1])
    metadata = found.pop("metadata")
    # RFC 8414, section 3.1; section 5, as OpenID Connect has it. No other issuer is here.
    assert found.pop("oauth") == [metadata, metadata]
    assert found.pop("absent") == [404, 404, 404]
    assert metadata["issuer"] == issuer
    assert metadata["token_endpoint"] == f"{issuer}/oidc/token"
    for prefix, address in found.values():
        assert address == f"{prefix}x/"
        assert address.startswith("/v3/realms/nc-connect/oidc/")

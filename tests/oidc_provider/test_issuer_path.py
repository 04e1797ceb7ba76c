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
page = Client(SERVER_NAME="127.0.0.1").get("/v3/realms/nc-connect/.well-known/openid-configuration")
print(json.dumps({
    "metadata": page.json(),
    "resume": [pending.PATH_PREFIX, reverse("oidc:resume", args=["x"])],
    "leave": [pending.LEAVE_PREFIX, reverse("oidc:leave", args=["x"])],
    "consent": [pending.CONSENT_PREFIX, reverse("oidc:consent", args=["x"])],
}))
"""


def test_every_address_is_under_the_issuer():
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
    assert metadata["issuer"] == issuer
    assert metadata["token_endpoint"] == f"{issuer}/oidc/token"
    for prefix, address in found.values():
        assert address == f"{prefix}x/"
        assert address.startswith("/v3/realms/nc-connect/oidc/")

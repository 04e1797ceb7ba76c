"""Logout notices by real workers on the real queue."""

import pytest

from tests.listening_partner import STALL, ListeningPartner
from tests.ncconnect.installation import Installation, wait_for

pytestmark = pytest.mark.slow

SIGN_OUT = """
    import uuid
    from django.db import transaction
    from django.utils import timezone
    from accounts.models import User
    from oidc_provider.logout import notices
    from oidc_provider.models import RelyingParty
    from oidc_provider.claims.subjects import subject_for
    from oidc_provider.grants.visits import Visited, sid_of
    partner = RelyingParty.objects.get()
    user, _ = User.objects.get_or_create(email="moana@exemple.nc")
    visit = Visited(
        partner.pk, partner.name, partner.backchannel_logout_uri,
        subject_for(user, partner).sub, sid_of(uuid.uuid4(), partner.client_id))
    with transaction.atomic():
        notices.write([visit])
"""
STATES = """
    from oidc_provider.models import LogoutNotice
    print(*LogoutNotice.objects.values_list("state", "attempts"))
"""


@pytest.fixture
def site(tmp_path):
    with Installation(tmp_path) as installation, ListeningPartner() as partner:
        installation.partner = partner
        installation.migrate()
        installation.run(f"""
            from oidc_provider.partners.registration import register
            register({{
                "client_name": "impots.nc",
                "redirect_uris": ["http://localhost:8001/retour"],
                "backchannel_logout_uri": "{partner.address}",
            }})
        """)
        yield installation


def test_a_partner_knows_within_seconds(site):
    site.start_worker()
    site.run(SIGN_OUT)
    assert wait_for(lambda: site.partner.tokens)
    assert wait_for(lambda: site.run(STATES) == "('sent', 1)")


def test_a_worker_that_is_killed_in_mid_post_loses_nothing(site):
    site.partner.status = STALL
    worker = site.start_worker()
    site.run(SIGN_OUT)
    assert wait_for(lambda: site.partner.tokens)
    site.kill(worker)
    assert site.run(STATES) == "('pending', 1)"
    site.partner.recover()
    site.run("""
        from oidc_provider.models import LogoutNotice
        row = LogoutNotice.objects.get()
        assert row.leased_until
        LogoutNotice.objects.update(leased_until=row.created_at)  # a minute goes by
    """)
    site.start_worker()
    site.run("from oidc_provider.tasks import sweep_logouts; sweep_logouts.delay()")
    assert wait_for(lambda: len(site.partner.tokens) == 2)
    assert wait_for(lambda: site.run(STATES) == "('sent', 2)")

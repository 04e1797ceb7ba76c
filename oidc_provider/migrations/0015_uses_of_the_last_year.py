"""Who signed in where before this was kept: the trail knows it for a year. A migration of its own,
so that nothing is locked while the trail is read."""

from django.conf import settings
from django.db import migrations

KNOWN = """
INSERT INTO oidc_provider_partneruse (user_id, relying_party_id, name, first_at, last_at)
SELECT person.id, partner.id, '', min(told.at), max(told.at) FROM audit_event AS told
JOIN oidc_provider_relyingparty AS partner ON partner.client_id = told.partner
JOIN accounts_user AS person ON person.id = told.user_id
WHERE told.event = 'token_issued' GROUP BY person.id, partner.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oidc_provider", "0014_services_of_a_person"),
        ("audit", "0004_whole_and_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunSQL(KNOWN, "DELETE FROM oidc_provider_partneruse")]

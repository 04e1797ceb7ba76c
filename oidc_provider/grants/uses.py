"""When a person first and last signed in at a partner: what stays of grants that go.

Grants are purged within the day, so a sign-in costs no statement for it: who deletes some keeps
this first, in the same transaction. To keep the same grant twice changes nothing.
"""

from django.db import connection
from django.db.models import QuerySet

from oidc_provider.models import Grant, PartnerUse, RelyingParty

KEEP = """
INSERT INTO oidc_provider_partneruse AS kept (user_id, relying_party_id, name, first_at, last_at)
SELECT known.user_id, given.application_id, '', min(given.consumed_at), max(given.consumed_at)
FROM oidc_provider_grant AS given
JOIN oidc_provider_subjectidentifier AS known ON known.id = given.subject_id
WHERE given.consumed_at IS NOT NULL AND given.id IN ({grants})
GROUP BY known.user_id, given.application_id
ON CONFLICT (user_id, relying_party_id) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < kept.first_at
        THEN excluded.first_at ELSE kept.first_at END,
    last_at = CASE WHEN excluded.last_at > kept.last_at
        THEN excluded.last_at ELSE kept.last_at END
"""


def keep(grants: QuerySet[Grant]) -> None:
    """Of these grants, who came to which partner, and when: those whose code was redeemed."""
    chosen, parameters = grants.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(KEEP.format(grants=chosen), parameters)


def keep_name(partner: RelyingParty) -> None:
    """This partner is removed: those who came to it still read where they have been."""
    keep(Grant.objects.filter(application=partner))
    PartnerUse.objects.filter(relying_party=partner).update(relying_party=None, name=partner.name)

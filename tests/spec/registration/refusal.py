"""What is told of client metadata that is refused."""

import pytest

from oidc_provider.models import RelyingParty
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import register
from tests.relying_party import metadata


def faults(**changes) -> list[str]:
    """The faults of our metadata with these changes; nothing was stored."""
    members = metadata() | changes
    with pytest.raises(InvalidMetadata) as refused:
        register(members)
    assert not RelyingParty.objects.exists()
    return refused.value.faults

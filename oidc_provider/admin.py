"""What the administration shows of the provider: each wing registers its own."""

from oidc_provider.keys import admin as keys
from oidc_provider.logout import admin as notices
from oidc_provider.partners import admin as partners

__all__ = ["keys", "notices", "partners"]

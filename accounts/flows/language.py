"""The language of an account: that of the last choice of its owner, for the mails that no page
asks for and for the claim ``locale``."""

from django.utils import timezone

from accounts.models import User


def follow(user: User, language: str) -> None:
    """From now on this is the person's language. Nothing is written when it is already."""
    if user.language != language:
        User.objects.filter(pk=user.pk).update(language=language, updated_at=timezone.now())
        user.language = language

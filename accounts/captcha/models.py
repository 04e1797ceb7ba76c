"""The one table of the test: what became of each answer, never what the right one is."""

from django.db import models


class CaptchaAnswer(models.Model):
    """A test that was answered: once, for good. One that is only shown has no row.

    ``digest`` is of the test's seed (accounts.captcha.challenge): the row tells nothing of the
    test, and whoever has the test cannot have a second row for it.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)
    # The answer was right; it was spent on an account.
    passed_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    # Keyed digest of what it was spent on: a button pressed twice is answered twice alike.
    redeemed_for = models.CharField(max_length=64, blank=True)

    class Meta:
        app_label = "accounts"

"""The one table of the test: what became of each challenge, never what its answer is."""

from django.db import models
from django.utils import timezone


class CaptchaChallenge(models.Model):
    """A test shown to one visitor, answered once, redeemed once.

    The row does not hold the answer: pictures, word and digits are derived from ``salt`` (kept
    here) and the address of the test (kept by the browser only), see accounts.captcha.challenge.
    """

    class Kind(models.TextChoices):
        IMAGES = "images"
        AUDIO = "audio"

    # SHA-256 of the address of the pictures, itself derived from the token in the page.
    digest = models.CharField(max_length=64, primary_key=True)
    salt = models.CharField(max_length=32)
    # SHA-256 of the CSRF cookie's secret: the browser that was shown the test.
    visitor = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.IMAGES)
    # Strength of the distortion, 0 to 3: each new test asked for is one level plainer.
    level = models.PositiveSmallIntegerField()
    # How many tests this one replaced at the visitor's request.
    renewals = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    # Verified, right or wrong; found right; spent on an account.
    consumed_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    # Keyed digest of what it was spent on: a button pressed twice is answered twice alike.
    redeemed_for = models.CharField(max_length=64, blank=True)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return f"{self.kind}, {self.created_at:%Y-%m-%d %H:%M}"

"""System checks: a test that tests nothing never reaches production."""

from django.conf import settings
from django.core.checks import Error, register
from django_recaptcha.constants import TEST_PRIVATE_KEY, TEST_PUBLIC_KEY

from accounts.captcha import recaptcha

BACKENDS = ("images", "recaptcha", "none")


def _is_production() -> bool:
    return not (settings.DEBUG or settings.DEMO_MODE or getattr(settings, "TESTING", False))


@register
def check_captcha_backend(app_configs, **kwargs) -> list[Error]:
    """``none`` is for tests; an unknown backend is a mistake."""
    backend = settings.CAPTCHA_BACKEND
    if backend not in BACKENDS:
        message = f"CAPTCHA_BACKEND is {backend!r}: one of {', '.join(BACKENDS)} is expected."
        return [Error(message, id="accounts.captcha.E001")]
    if backend == "none" and _is_production():
        message = "CAPTCHA_BACKEND=none lets robots create accounts."
        hint = "Use images, the default, or recaptcha."
        return [Error(message, hint=hint, id="accounts.captcha.E002")]
    return []


@register
def check_recaptcha(app_configs, **kwargs) -> list[Error]:
    """Google's test keys accept everybody; without keys, or with patience, nothing works."""
    if settings.CAPTCHA_BACKEND != "recaptcha":
        return []
    keys = {getattr(settings, f"RECAPTCHA_{name}_KEY", "") for name in ("PUBLIC", "PRIVATE")}
    errors = []
    if not all(keys):
        errors.append(
            Error("CAPTCHA_BACKEND=recaptcha needs both keys.", id="accounts.captcha.E003")
        )
    if keys & {TEST_PUBLIC_KEY, TEST_PRIVATE_KEY} and not getattr(settings, "TESTING", False):
        message = "Google's test keys accept everybody."
        errors.append(Error(message, id="accounts.captcha.E004"))
    timeout = getattr(settings, "RECAPTCHA_VERIFY_REQUEST_TIMEOUT", None)
    if timeout is None or timeout > recaptcha.DEADLINE:
        message = f"RECAPTCHA_VERIFY_REQUEST_TIMEOUT must be {recaptcha.DEADLINE} seconds at most."
        errors.append(Error(message, id="accounts.captcha.E005"))
    return errors

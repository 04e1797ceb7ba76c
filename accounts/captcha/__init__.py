"""The test that keeps simple robots out: pictures or spoken digits, drawn and kept by us."""

from accounts.captcha.captcha import Captcha

__all__ = ["Captcha"]

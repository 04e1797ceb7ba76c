from ncconnect import processors

processors.prefer_argon2_for()

from ncconnect.celery import app as celery_app  # noqa: E402  (it may import what was just chosen)

__all__ = ["celery_app"]

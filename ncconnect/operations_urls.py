"""Addresses for machines. ncconnect.middleware.operations answers the first three already."""

from django.urls import path

from ncconnect import health, metrics
from ncconnect.csp_report import csp_report

urlpatterns = [
    path("sante/vivant", health.alive, name="alive"),
    path("sante/pret", health.ready, name="ready"),
    path("metrics", metrics.scrape, name="metrics"),
    path("csp-rapport/", csp_report, name="csp_report"),
]

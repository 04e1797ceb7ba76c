"""Fixtures for every test."""

from tests.environment import (  # noqa: F401  (first: it sets what Django reads; pytest calls these)
    pytest_configure,
    pytest_report_header,
    pytest_unconfigure,
)

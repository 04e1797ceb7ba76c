"""What the web server itself says: nothing of what is meant, and all else."""

import json
import logging
from io import StringIO

import pytest
from granian.log import LogLevels, configure_logging

from ncconnect import processes

ABOUT_THREADS = "Configuration allows spawning up to 282 Python threads, which seems quite high"


@pytest.fixture
def server():
    """The web server's own logger, as its command sets it up; put back afterwards."""
    logger = logging.getLogger("_granian")
    before = (logger.handlers[:], logger.filters[:], logger.level, logger.propagate)
    configure_logging(LogLevels.warning, json.loads(processes.WEB_LOG.read_text()))
    yield logger
    logger.handlers, logger.filters, logger.level, logger.propagate = before


def test_operators_are_not_warned_of_the_threads_that_are_meant(server):
    server.handlers[0].stream = said = StringIO()
    server.warning(ABOUT_THREADS)
    assert said.getvalue() == ""


def test_operators_read_whatever_else_the_web_server_warns_of(server):
    server.handlers[0].stream = said = StringIO()
    server.warning("Killing worker-1 after it refused to gracefully stop")
    server.info("Shutting down granian")
    assert said.getvalue() == "[WARNING] Killing worker-1 after it refused to gracefully stop\n"

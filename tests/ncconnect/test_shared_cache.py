"""The shared cache while Redis is down: no page sees it, and the probe tells."""

import socket
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import RedisError

from ncconnect import shared_cache


@pytest.fixture
def broken_redis(settings, monkeypatch):
    """A server that hangs up on everybody."""
    monkeypatch.setattr(shared_cache, "_silent_until", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        settings.CACHES = {
            "default": {
                "BACKEND": "ncconnect.shared_cache.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{server.getsockname()[1]}/0",
                "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
            }
        }
        yield server
        cache.clear()


def calls(server: socket.socket) -> int:
    """How often it was called since it was last asked."""
    number = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1


def test_each_process_keeps_for_itself(broken_redis):
    assert cache.get("name", "nothing") == "nothing"
    cache.set("name", ["value"], 60)
    assert cache.get("name") == ["value"]
    assert not cache.add("name", "other", 60)
    cache.delete("name")
    assert cache.get_many(["name"]) == {}


def test_it_is_left_alone_for_a_while(broken_redis, monkeypatch):
    for _ in range(3):
        cache.get("name")
    assert calls(broken_redis) == 1
    monkeypatch.setattr(shared_cache, "_silent_until", 0.0)  # the while is over
    cache.get("name")
    assert calls(broken_redis) == 1


def test_the_probe_asks_all_the_same(broken_redis):
    cache.get("name")
    with pytest.raises(RedisError):
        cache.ping()


@pytest.mark.django_db(transaction=True)
def test_it_is_reported_and_the_process_is_ready(broken_redis, settings):
    settings.CONFIG = replace(settings.CONFIG, values={"REDIS_URL": "redis://…"})
    cache.get("name")
    response = Client().get("/sante/pret")
    assert (response.status_code, response.json()["redis"]) == (200, "TimeoutError")

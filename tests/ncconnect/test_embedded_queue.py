"""The queue without a server: each message is read whole and once."""

from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
from kombu import Connection

from ncconnect.celery import app
from ncconnect.embedded_queue import Channel, Transport

MESSAGES = 400


@pytest.fixture
def folder(tmp_path):
    for name in ("messages", "processed", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def channels(folder):
    """Opens one channel a thread, as processes do."""
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "processed_folder": str(folder / "processed"),
        "control_folder": str(folder / "control"),
    }

    def opened() -> Channel:
        return Connection(transport=Transport, transport_options=options).channel()

    return opened


def test_readers_beside_a_writer_lose_nothing(channels):
    def write():
        channel = channels()
        for number in range(MESSAGES):
            channel._put("celery", {"number": number, "padding": "x" * 5_000})

    def read() -> list[int]:
        channel, seen, misses = channels(), [], 0
        while misses < 2_000:
            try:
                seen.append(channel._get("celery")["number"])
                misses = 0
            except Empty:
                misses += 1
        return seen

    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        pool.submit(write).result()
        seen = [number for reader in reading for number in reader.result()]
    assert sorted(seen) == list(range(MESSAGES))


def test_an_unreadable_message_is_left_out(channels, folder):
    (folder / "messages" / "1_x.celery.msg").touch()
    channel = channels()
    with pytest.raises(Empty):
        channel._get("celery")
    channel._put("celery", {"number": 1})
    assert channel._get("celery") == {"number": 1}


def test_the_embedded_default_uses_it():
    if app.conf.broker_url.startswith("redis"):
        pytest.skip("runs on Redis")
    assert isinstance(app.connection_for_write().transport, Transport)

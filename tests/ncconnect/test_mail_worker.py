"""Real workers on the real queue: files, or Redis where REDIS_URL is set."""

import pytest

from tests.ncconnect import smtp_sink
from tests.ncconnect.installation import wait_for

pytestmark = pytest.mark.slow

SEND = """
    from django.utils import timezone
    from ncconnect import mail
    mail.send("password_changed", to="moana@exemple.nc", language="fr",
              context={"at": timezone.now().isoformat()})
"""
STATES = """
    from ncconnect.mail.models import Outbox
    print(*Outbox.objects.values_list("state", "attempts"))
"""


@pytest.fixture
def site(installation):
    with smtp_sink.Sink() as server:
        installation.environment["EMAIL_URL"] = f"smtp://{server.host}:{server.port}"
        installation.sink = server
        installation.migrate()
        yield installation


def test_a_mail_leaves_within_seconds_of_being_written(site):
    site.start_worker()
    site.run(SEND)
    assert wait_for(lambda: site.sink.messages)


def test_a_mail_leaves_when_its_worker_was_killed_in_mid_send(site):
    site.sink.mode = smtp_sink.STALL
    worker = site.start_worker()
    site.run(SEND)
    assert wait_for(lambda: site.sink.connections)
    site.kill(worker)
    assert site.run(STATES) == "('pending', 1)"
    site.sink.recover()
    site.run("""
        from datetime import timedelta
        from ncconnect.mail.models import Outbox
        from ncconnect.outgoing import LEASE
        row = Outbox.objects.get()
        assert row.leased_until > row.created_at + LEASE - timedelta(seconds=5)
        Outbox.objects.update(leased_until=row.created_at)  # a minute goes by
    """)
    site.start_worker()
    site.run("from ncconnect.mail.tasks import sweep; sweep.delay()")
    assert wait_for(lambda: site.sink.messages)
    assert wait_for(lambda: site.run(STATES) == "('sent', 2)")
    assert len(site.sink.messages) == 1


def test_beat_finds_a_mail_that_the_queue_lost(site):
    site.run(
        SEND.replace(
            "from ncconnect import mail",
            "from ncconnect import mail; from ncconnect.mail"
            " import waking; waking._silent_until = float('inf')",
        )
    )
    site.start_worker()
    site.start_worker("beat --pidfile=")
    assert wait_for(lambda: site.sink.messages, seconds=30)


@pytest.mark.parametrize("state", ["closed", "stalled"])
def test_a_dead_redis_costs_a_page_less_than_a_second(installation, state):
    with smtp_sink.socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if state == "stalled":
            server.listen(50)
        installation.environment["REDIS_URL"] = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        spent = installation.run("""
            import time
            from ncconnect.mail.waking import wake
            for _ in range(2):
                started = time.monotonic()
                wake("00000000-0000-0000-0000-000000000000")
                print(time.monotonic() - started)
        """)
    first, second = map(float, spent.split())
    assert first < 1
    assert second < 0.01, "after a failure the queue is left alone for a while"


def test_a_full_disk_under_the_queue_does_not_fail_the_page(installation):
    installation.environment.pop("REDIS_URL", None)
    installation.run("""
        import shutil
        from django.conf import settings
        from ncconnect.mail.waking import wake
        shutil.rmtree(settings.DATA_DIR / "queue" / "messages")
        wake("00000000-0000-0000-0000-000000000000")
    """)

"""Probes, figures, purges, reports and deployment checks."""

import io
import ipaddress
import logging
import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from ncconnect import audit, checks, health, metrics, purge
from ncconnect.mail.models import Outbox

FOREIGN = {"HTTP_HOST": "10.1.2.3:8000"}


# --- Probes


def test_alive_asks_nobody_and_accepts_any_host(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = Client().get("/sante/vivant", **FOREIGN)
    assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_ready_tells_insiders_the_details():
    response = Client().get("/sante/pret", **FOREIGN)
    assert response.status_code == 200
    facts = response.json()
    assert (facts["status"], facts["database"], facts["migrations"]) == ("ok", "ok", "ok")
    assert facts["oldest_mail_seconds"] == 0


@pytest.mark.django_db(transaction=True)
def test_ready_tells_others_one_word():
    client = Client(REMOTE_ADDR="203.0.113.9")
    assert client.get("/sante/pret").json() == {"status": "ok"}


def fails():
    raise health.NotReady("no key")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("needed", "status"), [(True, 503), (False, 200)])
def test_only_a_needed_probe_makes_it_unready(monkeypatch, needed, status):
    monkeypatch.setitem(health._needed if needed else health._reported, "trial", fails)
    response = Client().get("/sante/pret")
    assert response.status_code == status
    assert response.json()["trial"] == "no key"


@pytest.mark.django_db(transaction=True)
def test_a_probe_that_hangs_does_not_hang_the_answer(monkeypatch):
    """It would be well in the end; the answer does not wait for that."""
    answered = threading.Event()
    monkeypatch.setitem(health._needed, "trial", lambda: answered.wait(60))
    try:
        assert Client().get("/sante/pret").status_code == 503
    finally:
        answered.set()


# --- Figures


@pytest.mark.django_db(transaction=True)
def test_figures_come_from_the_audit_trail_the_requests_and_the_outbox():
    Outbox.objects.create(name="trial", to="a@exemple.nc", language="fr")
    audit.record("sign_in")
    Client().get("/csp-rapport/")
    text = Client().get("/metrics", **FOREIGN).content.decode()
    assert 'ncconnect_events_total{event="sign_in"}' in text
    assert 'route="csp-rapport/",status="405"' in text
    assert 'ncconnect_outbox_mails{state="pending"} 1.0' in text
    assert "ncconnect_outbox_oldest_seconds" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sender",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},  # through a proxy on this very machine
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_figures_do_not_exist_for_anybody_else(sender):
    assert Client(**sender).get("/metrics").status_code == 404


@pytest.mark.slow
def test_figures_of_several_processes_are_added_up(installation):
    installation.migrate()
    code = """
        import subprocess, sys
        from ncconnect import audit, metrics
        audit.record("sign_out")
        subprocess.run([sys.executable, "-c",
            "import django; django.setup(); from ncconnect import audit; audit.record('sign_out')"])
        print(metrics.text().decode())
    """
    assert 'ncconnect_events_total{event="sign_out"} 2.0' in installation.run(code)


# --- Purges


@pytest.mark.django_db
def test_the_command_prints_what_went_and_may_run_twice(monkeypatch):
    batches = {"trial": [3, 2, 0, 0]}
    monkeypatch.setattr(purge, "_purges", {"trial": lambda: batches["trial"].pop(0)})
    for expected in ("trial: 5", "trial: 0"):
        out = io.StringIO()
        call_command("purge_expired", stdout=out)
        assert out.getvalue().strip() == expected


@pytest.mark.django_db
def test_a_purge_that_fails_does_not_stop_the_others(monkeypatch, caplog):
    def broken():
        raise RuntimeError

    once = [1, 0]
    monkeypatch.setattr(purge, "_purges", {"a": broken, "b": lambda: once.pop(0)})
    assert purge.run() == {"a": 0, "b": 1}
    assert "purge failed" in caplog.text


@pytest.mark.django_db
def test_each_purge_is_a_task_of_its_own_so_that_the_last_one_has_its_time_too(monkeypatch):
    """One task for all had 30 s for all: the last in the alphabet never came about."""
    from ncconnect import tasks

    started, ran = [], []
    purges = {"a": lambda: ran.append("a") or 0, "z": lambda: ran.append("z") or 0}
    monkeypatch.setattr(purge, "_purges", purges)
    monkeypatch.setattr(
        tasks.purge_one, "apply_async", lambda args, expires: started.append((args, expires))
    )
    tasks.purge_expired()
    assert started == [(["a"], 3600.0), (["z"], 3600.0)]
    assert ran == []
    tasks.purge_one("z")
    assert ran == ["z"]


@pytest.mark.django_db
def test_a_batch_is_bounded():
    Outbox.objects.bulk_create(
        Outbox(name="trial", to="a@exemple.nc", language="fr") for _ in range(5)
    )
    assert purge.delete_batch(Outbox.objects.all(), size=3) == 3
    assert Outbox.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_job_that_another_worker_runs_is_left_to_it(needs_postgresql, monkeypatch):
    monkeypatch.setattr(purge, "_purges", {"trial": lambda: 1})
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [purge.crc32(b"purge:trial")])
        assert purge.run() == {"trial": 0}
    finally:
        other.close()


@pytest.mark.django_db
def test_every_floor_purges_what_it_keeps():
    with transaction.atomic():
        done = purge.run()
    assert {"audit", "mails sent", "mails given up", "rate limits"} <= set(done)


# --- Reports of the Content Security Policy


def report(body: str | bytes):
    return Client().post("/csp-rapport/", body, content_type="application/csp-report")


@pytest.mark.django_db
def test_a_report_is_one_line_without_the_page_it_happened_on(caplog):
    caplog.set_level(logging.WARNING)
    response = report(
        '{"csp-report": {"document-uri": "https://x/activation/SECRET", "violated-directive":'
        ' "script-src-elem", "blocked-uri": "https://evil.example/SECRET.js"}}'
    )
    assert response.status_code == 204
    (record,) = [r for r in caplog.records if r.name == "ncconnect.csp_report"]
    assert record.facts == {"directive": "script-src-elem", "blocked": "https://evil.example"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '{"csp-report": 1}',
        '{"csp-report": {}}',
        b"\xff\xfe",
        "[" * 9000,
        "x" * 20_000,
    ],
)
def test_rubbish_is_dropped_politely(body, caplog):
    caplog.set_level(logging.WARNING)
    assert report(body).status_code == 204
    assert not [r for r in caplog.records if r.name == "ncconnect.csp_report"]


@pytest.mark.slow
@pytest.mark.django_db
def test_reports_are_limited(caplog):
    good = '{"csp-report": {"violated-directive": "img-src", "blocked-uri": "inline"}}'
    for _ in range(65):
        report(good)
    assert len([r for r in caplog.records if r.name == "ncconnect.csp_report"]) == 60


# --- Deployment checks


def found(check) -> list[str]:
    return [message.id for message in check(None)]


@pytest.fixture
def production(settings):
    settings.HTTPS, settings.ISSUER, settings.DEMO_MODE = True, "https://connect.gouv.nc", False
    settings.TRUSTED_PROXIES = (ipaddress.ip_network("10.0.0.2"),)
    return settings


def test_production_settings_raise_nothing(production):
    for check in (checks.proxies_are_named, checks.metrics_are_private):
        assert found(check) == []


def test_proxies_must_be_named_and_not_be_everybody(production):
    production.TRUSTED_PROXIES = ()
    assert found(checks.proxies_are_named) == ["ncconnect.W002"]
    production.TRUSTED_PROXIES = (ipaddress.ip_network("0.0.0.0/0"),)
    assert found(checks.proxies_are_named) == ["ncconnect.E003"]


def test_public_figures_are_warned_of(production):
    production.METRICS_ALLOW = (ipaddress.ip_network("::/0"),)
    assert found(checks.metrics_are_private) == ["ncconnect.W004"]


def test_a_gauge_that_cannot_be_read_does_not_fail_the_scrape(monkeypatch):
    def broken():
        raise RuntimeError
        yield

    monkeypatch.setattr(metrics, "_gauges", [broken])
    assert b"ncconnect_outbox" not in metrics.text()

"""`manage.py run_demonstration`: the site, its mail worker and a partner, until Ctrl-C."""

import logging
import os
import sys

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from ncconnect.config import BASE_DIR
from ncconnect.demonstration import preparation
from ncconnect.demonstration.supervisor import Program, ProgramFailed, Supervisor
from ncconnect.processes import PROCESSES

READY = """
  The site                   {site}
  The partner, impots.nc     {partner}   « Se connecter », then « S’identifier avec NC Connect »
  The mails it sends         {mailbox}

  Accounts that exist        {accounts}
  State and logs             {data_dir}

  Ctrl-C stops everything.
"""


class Command(BaseCommand):
    help = (
        "Prepares and runs the whole demonstration: site, mail worker, clock and the partner "
        "impots.nc. Obeys PORT, DEMO_PORT, BIND, DATA_DIR and every other variable."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started it ends"
        )

    def handle(self, *, with_parent: bool, **options) -> None:
        config = settings.CONFIG
        if not settings.DEMO_MODE:
            raise CommandError("This is the demonstration: set DEMO_MODE=1 to run it.")
        with preparation.lock(settings.DATA_DIR):
            ports = {"PORT": config.port, "DEMO_PORT": config.demo_port}
            preparation.require_free_ports(config.bind, ports)
            self._say("Preparing the demonstration …")
            logging.getLogger().setLevel(logging.WARNING)  # the programs keep logs of their own
            preparation.prepare()
            supervisor = Supervisor(settings.DATA_DIR / "logs", with_parent=with_parent)
            try:
                supervisor.run(programs(config), self._announce)
            except ProgramFailed as failure:
                raise CommandError(str(failure)) from None
        self._say("Stopped.")

    def _say(self, text: str) -> None:
        """At once, even into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def _announce(self) -> None:
        accounts = [
            f"{a.email}  password  {a.password}  ({a.about})" for a in preparation.accounts()
        ]
        self._say(
            READY.format(
                site=settings.ORIGIN + "/",
                partner=partner_base_url(settings.CONFIG) + "/",
                mailbox=settings.ORIGIN + "/demo/boite-mail/",
                accounts=("\n" + " " * 29).join(accounts),
                data_dir=settings.DATA_DIR,
            )
        )


def partner_base_url(config) -> str:
    """Where the demonstration partner is. Another host name than the site's, as in real life."""
    return f"http://localhost:{config.demo_port}"


def programs(config) -> list[Program]:
    """The site's own processes, and the partner's."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what BIND may say)
    here = everywhere.get(config.bind, config.bind)
    own = [
        Program(
            name,
            [sys.executable, "-m", "ncconnect.processes", name],
            probe=(here, config.port, "/sante/vivant") if name == "web" else None,
        )
        for name in PROCESSES
    ]
    return [*own, partner(config, here)]


def partner(config, here: str) -> Program:
    """The partner's site, told of nothing but its own configuration."""
    base_url = partner_base_url(config)
    return Program(
        "impots_nc",
        [
            *(sys.executable, "-m", "granian", "--interface=wsgi", "--factory", "--no-ws"),
            *(f"--host={config.bind}", f"--port={config.demo_port}", "--blocking-threads=4"),
            *("--log-level=warning", f"--working-dir={BASE_DIR}"),
            "examples.impots_nc.app:create_app",
        ],
        environment={
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "ISSUER": settings.ISSUER,
            "CLIENT_ID": preparation.PARTNER_CLIENT_ID,
            "CLIENT_SECRET": preparation.register_partner(base_url),
            "BASE_URL": base_url,
            "DATA_DIR": str(settings.DATA_DIR / "impots_nc"),
        },
        probe=(here, config.demo_port, "/"),
    )

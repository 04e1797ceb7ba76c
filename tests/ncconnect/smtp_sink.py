"""A real mail server in a thread, that can be told to misbehave."""

import asyncio
import logging
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller

ACCEPT = "accept"
DEFER = "defer"  # 451 after the message
REJECT = "reject"  # 550 at the recipient
GREYLIST = "greylist"  # 450 at the recipient
REFUSE_MESSAGE = "refuse message"  # 554 after the message
REFUSE_SENDER = "refuse sender"  # 550 at the sender
STALL = "stall"  # never answers
DROP = "drop"  # takes the message, and hangs up before it says so


logging.getLogger("mail.log").setLevel(logging.WARNING)  # the library tells every command


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Sink:
    """``messages``: every message that was taken whole. ``refuse()`` closes the port."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = free_port()
        self.mode = ACCEPT
        self.messages: list[EmailMessage] = []
        self.connections = 0
        self.nobody = ""  # an address that does not exist
        self._controller: Controller | None = None

    def __enter__(self) -> "Sink":
        self.recover()
        return self

    def __exit__(self, *exc) -> None:
        self.refuse()

    def refuse(self) -> None:
        """Nobody listens any more."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def recover(self) -> None:
        """Listen, and behave."""
        self.mode = ACCEPT
        if self._controller is None:
            self._controller = Controller(self, hostname=self.host, port=self.port)
            self._controller.start()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if self.mode == REFUSE_SENDER:
            return "550 5.7.1 not from you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if self.mode == REJECT or address == self.nobody:
            return "550 5.1.1 no such user"
        if self.mode == GREYLIST:
            return "450 4.7.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.mode == DEFER:
            return "451 4.3.0 try later"
        if self.mode == REFUSE_MESSAGE:
            return "554 5.7.1 not wanted"
        if self.mode == STALL:
            await asyncio.sleep(60)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.mode == DROP:
            server.transport.abort()
        return "250 OK"

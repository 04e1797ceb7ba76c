"""The queue of the embedded default: messages are files in one folder, and need no server."""

import json
import logging
import time
import uuid
from pathlib import Path
from queue import Empty

from kombu.transport import filesystem

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Kombu's, whose reader can take a file away before its writer has written anything into it.

    The worker ended over such an empty message, and the message was lost.
    """

    def _put(self, queue: str, payload: dict, **kwargs) -> None:
        """A message appears under its name once it is whole; until then no queue is that name's."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unfinished = folder / f".{name}"
        unfinished.write_bytes(json.dumps(payload).encode())
        unfinished.rename(folder / name)

    def _get(self, queue: str) -> dict:
        """One that cannot be read, after a power cut say, is left out: a sweep does its work."""
        try:
            return super()._get(queue)
        except ValueError:
            logger.warning("a message of the queue cannot be read")
            raise Empty from None


class Transport(filesystem.Transport):
    Channel = Channel

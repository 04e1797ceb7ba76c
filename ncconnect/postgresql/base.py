import select
import time

from django.db.backends.postgresql import base

from ncconnect.postgresql.plans import Connection, Cursor, Parameters, Planned

ASK_AFTER = 30.0  # seconds: what a silent network has cut is not known without asking


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks `SELECT 1` of a kept connection at each request, a round trip for nothing.

    Between two requests a server has nothing to say but goodbye: bytes that wait mean that it
    was restarted, and none that the connection can be used. Every ASK_AFTER seconds, ask all the
    same.
    """

    _asked_at = 0.0

    def get_connection_params(self) -> dict:
        """Plans live in a session of the server: behind a pooler that lends those, none is kept."""
        if self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            return super().get_connection_params()
        ours = {"connection_factory": Connection, "cursor_factory": Cursor}
        return super().get_connection_params() | ours

    def get_new_connection(self, conn_params):
        self._asked_at = time.monotonic()
        return super().get_new_connection(conn_params)

    def close_if_health_check_failed(self) -> None:
        if not self.health_check_done and self.connection is not None and self._is_silent():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def run(self, statement: Planned, parameters: Parameters):
        """The cursor after this statement.

        As one of Django's, but for what it wraps around it: whoever listens to statements (a test
        that counts them) gets that. It was a tenth of the Python of a userinfo.
        """
        self.close_if_health_check_failed()
        self.validate_no_broken_transaction()
        if self.connection is None or self.queries_logged or self.execute_wrappers:
            cursor = self.cursor()
            cursor.execute(statement, parameters)
            return cursor
        with self.wrap_database_errors:
            cursor = self.connection.cursor()
            cursor.tzinfo_factory = self.tzinfo_factory
            cursor.execute(statement, parameters)
        return cursor

    def is_usable(self) -> bool:
        self._asked_at = time.monotonic()
        return super().is_usable()

    def _is_silent(self) -> bool:
        """Asked not long ago, and nothing heard since."""
        if time.monotonic() - self._asked_at > ASK_AFTER or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return not poll.poll(0)

"""Dovecot over IMAP on loopback, on a Maildir that we wrote."""

from __future__ import annotations

import contextlib
import imaplib
import os
import pwd
import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import need

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSWORD = "test"
_PATIENCE = 20.0

_CONFIG = """
base_dir = {place}/run
state_dir = {place}/run
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{maildir}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
default_login_user = {login}
default_internal_user = {internal}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """A server that is running. Its Maildir lies in `maildir`.

    Args:
        place: a folder of its own, which the server's user may enter.
        port: where it listens, on loopback.
        owner: user and group that mail is read as; Dovecot refuses root.
    """

    def __init__(self, place: Path, port: int, owner: tuple[int, int]) -> None:
        self.place = place
        self.maildir = place / "Maildir"
        self._port = port
        self._owner = owner

    def hand_over(self) -> None:
        """Give the files that we wrote to the server's user, as they would be if one user ran both."""
        if os.geteuid() == 0:
            for path in (self.maildir, *self.maildir.rglob("*")):
                os.chown(path, *self._owner)

    @contextlib.contextmanager
    def session(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Sign in and open a folder."""
        self.hand_over()
        with imaplib.IMAP4("127.0.0.1", self._port, timeout=_PATIENCE) as connection:
            connection.login("user", _PASSWORD)
            status, answer = connection.select(folder)
            assert status == "OK", answer
            yield connection

    def complaints(self) -> list[str]:
        """Return what the server logged as a warning or an error."""
        lines = (self.place / "dovecot.log").read_text().splitlines()
        return [line for line in lines if re.search(r"Warning:|Error:|Panic:|Fatal:", line)]


def flags(connection: imaplib.IMAP4) -> list[set[str]]:
    """Return the flags and keywords of each message in the open folder."""
    connection.noop()
    _, answer = connection.fetch("1:*", "(FLAGS)")
    return [{each.decode() for each in imaplib.ParseFlags(line)} for line in answer if isinstance(line, bytes)]


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """Start a server on a free port and stop it in the end."""
    program = need("dovecot", "apt-get install dovecot-imapd")
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        place.chmod(0o755)
        server = Dovecot(place, _free_port(), _owner())
        config = place / "dovecot.conf"
        config.write_text(_config(server))
        process = subprocess.Popen([program, "-F", "-c", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.communicate(timeout=_PATIENCE)


def _config(server: Dovecot) -> str:
    uid, gid = server._owner
    me = pwd.getpwuid(os.geteuid()).pw_name
    root = os.geteuid() == 0
    return _CONFIG.format(
        place=server.place,
        maildir=server.maildir,
        port=server._port,
        password=_PASSWORD,
        uid=uid,
        gid=gid,
        login="dovenull" if root else me,
        internal="dovecot" if root else me,
    )


def _owner() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server._port), timeout=1):
            return
        time.sleep(0.05)
    log = server.place / "dovecot.log"
    raise AssertionError(f"dovecot did not start: {log.read_text() if log.exists() else process.stdout}")

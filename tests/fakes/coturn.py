"""A real coturn on this machine's loopback, with a secret from which credentials are made."""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.driver import free_port
from tests.fakes.servers import START_PATIENCE_S, NoServer, running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

SECRET = "what-coturn-and-moodring-share"
HOST = "127.0.0.1"


@contextmanager
def coturn(secret: str = SECRET, *more: str) -> Iterator[Relay]:
    """Start coturn, as `docs/network.md` has it but on loopback, and wait until it listens.

    more : further lines of its configuration
    """
    program = shutil.which("turnserver")
    if program is None:
        raise NoServer("install coturn (Debian: apt-get install coturn)")
    port = free_port()
    settings = (
        f"listening-ip={HOST}",
        f"relay-ip={HOST}",
        f"listening-port={port}",
        "use-auth-secret",
        f"static-auth-secret={secret}",
        "realm=moodring.test",
        "fingerprint",
        "no-tls",
        "no-dtls",
        "no-cli",
        # On this machine its peers are on loopback, too.
        "allow-loopback-peers",
        "log-file=stdout",
        "simple-log",
        "verbose",
        *more,
    )
    with tempfile.TemporaryDirectory(prefix="moodring-coturn-") as name:
        folder = Path(name)
        lines = (*settings, f"pidfile={folder / 'pid'}", f"userdb={folder / 'users'}")
        (folder / "turnserver.conf").write_text("\n".join([*lines, ""]))
        with running([program, "-c", folder / "turnserver.conf"], folder) as server:
            relay = Relay(port, secret, folder / "log", server)
            deadline = time.monotonic() + START_PATIENCE_S
            while not relay.is_listening():
                is_late = time.monotonic() > deadline
                assert server.poll() is None and not is_late, relay.log()  # noqa: PT018 - one reason
                time.sleep(0.05)
            yield relay


class Relay:
    """A coturn that runs.

    url : its address, for the settings
    """

    def __init__(self, port: int, secret: str, log: Path, server: subprocess.Popen[bytes]) -> None:
        self.port, self.secret = port, secret
        self.url = f"turn:{HOST}:{port}?transport=udp"
        self._log, self._server = log, server

    @property
    def environ(self) -> dict[str, str]:
        """Environment with which the app uses it."""
        return {"MOODRING_TURN_URLS": self.url, "MOODRING_TURN_SECRET": self.secret}

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let nothing pass for a while."""
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what it has written."""
        return self._log.read_text(errors="replace")

    def is_listening(self) -> bool:
        """Return whether connections of TCP are taken, as those of UDP are then."""
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

"""The parts of a site with the files of `deploy/`: Caddy or nginx, coturn, processes of the app."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import aioice.ice
import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.driver import PROJECT, free_port, started_server
from tests.fakes.coturn import HOST as LOOPBACK
from tests.fakes.servers import START_PATIENCE_S, NoServer, running

DEPLOY = PROJECT / "deploy"
# Browsers find every name below localhost on this machine, and Caddy certifies it by itself.
NAME = "moodring.localhost"
SECRET = "a-secret-of-the-tests-that-is-long-enough"


@dataclass(frozen=True, slots=True)
class Answer:
    """A proxy's answer; headers by their names in small letters, repeated ones as a list."""

    status: int
    headers: Mapping[str, list[str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Door:
    """A proxy that runs.

    authority : certificate by which its own is known
    folder : where its log and temporary files are
    """

    port: int
    authority: Path
    folder: Path

    @property
    def base(self) -> str:
        """Its address, as browsers have it."""
        return f"https://{NAME}:{self.port}"

    def line(self) -> ssl.SSLSocket:
        """Open a connection, and see that the certificate is the authority's and for the name."""
        context = ssl.create_default_context(cafile=self.authority)
        plain = socket.create_connection((LOOPBACK, self.port), timeout=30)
        return context.wrap_socket(plain, server_hostname=NAME)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Return what it answers; blanks in names of headers are written as underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(NAME, self.port)) as asking:
            asking.sock = self.line()
            asking.request(method, path, body, named)
            answer = asking.getresponse()
            found: dict[str, list[str]] = {}
            for name, value in answer.getheaders():
                found.setdefault(name.casefold(), []).append(value)
            return Answer(answer.status, found, answer.read())


# The ports of two processes, a and b.
Upstreams = Sequence[int]
NAMES = ("a", "b")
Opened = AbstractContextManager[Door]


@contextmanager
def caddy(upstreams: Upstreams, base_path: str = "") -> Iterator[Door]:
    """Start Caddy before processes at these ports."""
    program = shutil.which("caddy")
    if program is None:
        raise NoServer("install Caddy (Debian: apt-get install caddy)")
    with _folder() as folder:
        port = free_port()
        environ = {
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "MOODRING_SITE": NAME,
            "MOODRING_HTTP_PORT": str(free_port()),
            "MOODRING_HTTPS_PORT": str(port),
            "MOODRING_BASE_PATH": base_path,
            **_by_name(upstreams),
        }
        command = [program, "run", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile"]
        authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        with running(command, folder, env={**os.environ, **environ}):
            door = Door(port, authority, folder)
            _wait_for(door)
            yield door


@contextmanager
def nginx(upstreams: Upstreams, base_path: str = "") -> Iterator[Door]:
    """Start nginx before processes at these ports; it passes every path on."""
    del base_path
    program = shutil.which("nginx")
    if program is None:
        raise NoServer("install nginx (Debian: apt-get install nginx-light)")
    with _folder() as folder:
        port = free_port()
        certificate, key = self_signed(folder)
        values = {
            "MOODRING_SITE": NAME,
            "MOODRING_HTTP_PORT": str(free_port()),
            "MOODRING_HTTPS_PORT": str(port),
            **_by_name(upstreams),
            "MOODRING_CERTIFICATE": str(certificate),
            "MOODRING_CERTIFICATE_KEY": str(key),
        }
        template = (DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
        site = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], template)
        temporary = [
            f"{kind}_temp_path {folder / kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ]
        around = f"daemon off; pid {folder / 'pid'}; error_log stderr; events {{}} http {{"
        lines = (around, *temporary, site, "}")
        (folder / "nginx.conf").write_text("\n".join(lines), encoding="utf-8")
        with running([program, "-p", folder, "-c", folder / "nginx.conf"], folder):
            door = Door(port, certificate, folder)
            _wait_for(door)
            yield door


PROXIES: Mapping[str, Callable[..., Opened]] = {"caddy": caddy, "nginx": nginx}


@contextmanager
def relay() -> Iterator[dict[str, str]]:
    """Start coturn, and give the environment with which the app uses it."""
    if shutil.which("turnserver") is None:
        raise NoServer("install coturn (Debian: apt-get install coturn)")
    with _folder() as folder:
        port = free_port()
        peers = (LOOPBACK, *aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False))
        environ = {
            "TMPDIR": str(folder),
            "MOODRING_SITE": NAME,
            "MOODRING_TURN_SECRET": SECRET,
            "MOODRING_TURN_PEERS": " ".join(peers),
        }
        # On this machine its peers are on loopback, too.
        here = ("--listening-ip", LOOPBACK, "--relay-ip", LOOPBACK, "--allow-loopback-peers")
        own = ("--listening-port", str(port), "--pidfile", "pid", "--userdb", "users")
        command = [DEPLOY / "turnserver.sh", *here, *own]
        with running(command, folder, env={**os.environ, **environ}):
            _wait_until(lambda: _listens(port), folder)
            yield {
                "MOODRING_TURN_URLS": f"turn:{LOOPBACK}:{port}?transport=udp",
                "MOODRING_TURN_SECRET": SECRET,
                "MOODRING_SERVER_ICE_SERVERS": "[]",
            }


@contextmanager
def replicas(folder: Path, ports: Upstreams, **environ: str) -> Iterator[list[psutil.Process]]:
    """Start a process of the app at each port, with a data folder of its own in `folder`."""
    base_path = environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    shared = {"MOODRING_COOKIE_SECRET": SECRET, **environ}
    started: list[psutil.Process] = []
    with ExitStack() as stack:
        for name, port in zip(NAMES, ports, strict=False):
            (folder / name).mkdir()
            own = {**shared, "MOODRING_REPLICA": name}
            server = started_server(folder / name, health=base_path, port=port, **own)
            _, process = stack.enter_context(server)
            started.append(psutil.Process(process.pid))
        yield started


def self_signed(folder: Path, *more: str) -> tuple[Path, Path]:
    """Write a certificate for the site's name, and others, and its key; return both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in (NAME, *more)]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, secret


def _by_name(upstreams: Upstreams) -> dict[str, str]:
    """Return the addresses of processes as the proxies' variables; one alone stands for both."""
    both = (*upstreams, upstreams[-1])
    return {f"MOODRING_{name.upper()}": f"{LOOPBACK}:{both[n]}" for n, name in enumerate(NAMES)}


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the workers of a server started by root may enter."""
    with tempfile.TemporaryDirectory(prefix="moodring-site-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _wait_for(door: Door) -> None:
    def is_open() -> bool:
        if not (door.authority.exists() and _listens(door.port)):
            return False
        try:
            door.line().close()
        except OSError:
            return False
        return True

    _wait_until(is_open, door.folder)


def _wait_until(is_ready: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while not is_ready():
        assert time.monotonic() < deadline, (folder / "log").read_text(errors="replace")
        time.sleep(0.05)

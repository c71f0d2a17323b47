"""Addresses of servers that people name: a visitor's leads to the internet, and nothing inside."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from recommender.errors import SourceError
from recommender.subsonic.client import Login, SubsonicClient
from recommender.web import addresses
from recommender.web.addresses import (
    MAX_MACHINES,
    ServerAddress,
    is_public,
    owners_address,
    public_machines,
    visitors_address,
)
from recommender.web.route import dialled
from tests.e2e.driver import free_port
from tests.fakes.subsonic import PASSWORD, USER, FakeSubsonic

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = Login(USER, PASSWORD)
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "2606:4700:4700::1111"


def resolving(monkeypatch: pytest.MonkeyPatch, *machines: str) -> list[tuple[object, ...]]:
    """Let every name resolve to some numbers, and note what was looked up."""
    asked: list[tuple[object, ...]] = []

    def look_up(*words: object, **_: object) -> list[object]:
        asked.append(words)
        return [(0, socket.SOCK_STREAM, 6, "", (machine, 443)) for machine in machines]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://music.example.org", "https://music.example.org"),
        (" music.example.org/ ", "https://music.example.org"),
        ("https://example.org/navidrome/rest/", "https://example.org/navidrome"),
        ("https://example.org:4533", "https://example.org:4533"),
        ("https://[2606:4700::1]:8443/x", "https://[2606:4700::1]:8443/x"),
    ],
)
def test_a_visitor_types_the_address_of_a_server(typed: str, base: str) -> None:
    found = visitors_address(typed)
    assert (found.base, found.is_owners) == (base, False)


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "https://", "http://music.example.org", "ftp://example.org", "file:///etc"),
        *("https://user:word@example.org", "https://example.org?x=1", "https://example.org/#x"),
        *("https://example.org:22", "https://example.org:0", "https://example.org:99999"),
        *("https://exa mple.org", "https://example.org\\@127.0.0.1", "https://ex\u0430mple.org"),
        *("https://[::1", "javascript://example.org/%0a", "https://" + "a" * 400),
    ],
)
def test_anything_else_is_refused_before_it_is_looked_up(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolving(monkeypatch, PUBLIC)
    with pytest.raises(SourceError) as refused:
        visitors_address(typed)
    assert refused.value.message.id == "server-address"
    assert asked == []


def test_the_owners_server_may_be_anywhere() -> None:
    found = owners_address("http://192.168.1.4:4533/music")
    assert (found.base, found.port, found.is_owners) == (
        "http://192.168.1.4:4533/music",
        4533,
        True,
    )
    assert owners_address("http://127.0.0.1").is_local
    with pytest.raises(SourceError):
        owners_address("gopher://127.0.0.1")


INSIDE = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1"),
    *("239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
    *("::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1"),
    *("no number", "", "127.1", "0x7f.1", "2130706433"),
]


@pytest.mark.parametrize("machine", INSIDE)
def test_a_number_that_is_not_of_the_internet_is_refused(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_public(machine)
    # One of several is enough: the next connection could go there.
    resolving(monkeypatch, PUBLIC, machine)
    with pytest.raises(SourceError) as refused:
        public_machines(visitors_address("https://music.example.org"), time.monotonic() + 5)
    assert refused.value.message.id == "server-address"


def test_numbers_of_the_internet_are_few_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(
        monkeypatch, PUBLIC, PUBLIC, OTHER_PUBLIC, *(f"93.184.215.{n}" for n in range(20, 40))
    )
    found = public_machines(visitors_address("https://music.example.org"), time.monotonic() + 5)
    assert found[:2] == (PUBLIC, OTHER_PUBLIC)
    assert len(found) == MAX_MACHINES


def test_a_name_that_nobody_knows_or_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    at = visitors_address("https://music.example.org")
    resolving(monkeypatch)
    with pytest.raises(SourceError, match="internet"):
        public_machines(at, time.monotonic() + 5)

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(addresses.socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        public_machines(at, time.monotonic() + 5)
    with pytest.raises(SourceError) as unknown:
        SubsonicClient(at, LOGIN).check()
    assert unknown.value.message.id == "server-unreachable"
    released = threading.Event()
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: released.wait(30))
    with pytest.raises(TimeoutError):
        public_machines(at, time.monotonic() + 0.05)
    with pytest.raises(SourceError) as late:
        SubsonicClient(at, LOGIN).check(deadline=time.monotonic() + 0.05)
    released.set()
    assert late.value.message.id == "server-late"


def test_the_connection_goes_to_the_checked_number_and_the_name_is_not_looked_up_again() -> None:
    with FakeSubsonic() as fake:
        port = int(fake.base.rpartition(":")[2])
        address = ServerAddress(f"http://music.invalid:{port}", "music.invalid", port)
        looked_up: list[ServerAddress] = []

        def machines(asked: ServerAddress, _: float) -> tuple[str, ...]:
            looked_up.append(asked)
            return ("127.0.0.1",)

        client = SubsonicClient(address, LOGIN, machines=machines)
        client.check()
        client.check()
        assert looked_up == [address]
        # Nor is a redirect followed, wherever it leads.
        fake.fault = "redirecting"
        with pytest.raises(SourceError) as refused:
            client.check()
        assert refused.value.message.id == "server-redirects"


def test_a_visitors_server_inside_is_not_asked() -> None:
    with FakeSubsonic() as fake:
        address = ServerAddress(fake.base, "127.0.0.1", 1)
        with pytest.raises(SourceError) as refused:
            SubsonicClient(address, LOGIN).check()
        assert refused.value.message.id == "server-address"
        assert fake.asked == []


def test_a_proxy_of_the_environment_is_not_told_of_a_visitors_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FakeSubsonic() as fake, FakeSubsonic() as proxy:
        monkeypatch.setenv("http_proxy", proxy.base)
        port = int(fake.base.rpartition(":")[2])
        address = ServerAddress(f"http://music.invalid:{port}", "music.invalid", port)
        SubsonicClient(address, LOGIN, machines=lambda *_: ("127.0.0.1",)).check()
        assert (len(fake.asked), len(proxy.asked)) == (1, 0)


def test_the_certificate_must_be_for_the_name(tmp_path: Path) -> None:
    told: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    context.sni_callback = lambda _wire, name, _context: told.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = threading.Thread(target=shake_hands, args=(listening, context), daemon=True)
        serving.start()
        address = ServerAddress(f"https://music.invalid:{port}", "music.invalid", port)
        client = SubsonicClient(address, LOGIN, machines=lambda *_: ("127.0.0.1",))
        with pytest.raises(SourceError) as refused:
            client.check()
        serving.join(10)
    assert refused.value.message.id == "server-unreachable"
    assert told == ["music.invalid"]


def shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    wire, _ = listening.accept()
    with wire, pytest.raises(OSError):  # noqa: PT011 - ssl.SSLError is one
        context.wrap_socket(wire, server_side=True)


def certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "music.invalid")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_of_several_machines_the_first_that_answers_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        dialled(("127.0.0.2", "127.0.0.1"), port, 5.0).close()
    with pytest.raises(OSError, match="refused"):
        dialled(("127.0.0.1",), free_port(), 5.0)
    with pytest.raises(TimeoutError):
        dialled(("127.0.0.1",), port, 0.0)

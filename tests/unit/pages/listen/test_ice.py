"""Which addresses the server tries on its way to a camera, how many, and how often."""

from __future__ import annotations

import asyncio
import socket
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING

import aioice.ice
import pytest
from aioice import Candidate
from aioice.stun import Class, Message, Method
from aiortc import RTCConfiguration, RTCIceGatherer, rtcicetransport
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.listen import ice
from pages.ui.listen.ice import (
    FOUND,
    LOWEST_PORT,
    MAX_LEARNT,
    MAX_NAMED,
    MAX_STRANGERS,
    MAX_TO_STRANGER,
    MAX_UNANSWERED,
    NEAR,
    RELAYS,
    STRANGER_S,
    Strangers,
    VisitorConnection,
    VisitorProtocol,
    addresses_of,
    is_near,
    may_be_visitors,
)
from tests.busy import LATE_S
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 50_000
PUBLIC = ["8.8.8.8", "1.1.1.1", "2a00:1450:4001::1", "203.0.114.7"]
PRIVATE = ["192.168.1.20", "10.0.0.5", "172.17.0.1", "100.64.0.9", "fd00::2", "192.0.2.2"]
NOBODYS = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "169.254.169.254",
    "169.254.3.4",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.251",
    "239.255.255.250",
    "ff02::fb",
    "255.255.255.255",
    "240.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "2002:7f00:1::1",
    "2001:0:808:808::1",
    "fec0::1",
    "localhost",
    "example.org",
    "a.local",
    "",
    "1.2.3",
    "8.8.8.8:80",
]


@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_can_be_a_visitors(host: str, near: bool) -> None:
    assert may_be_visitors(host, PORT, near=near)


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_can_be_that_of_a_visitor_in_our_network_only(host: str) -> None:
    assert may_be_visitors(host, PORT, near=True)
    assert not may_be_visitors(host, PORT, near=False)


@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("host", NOBODYS)
def test_no_camera_is_at_such_an_address(host: str, near: bool) -> None:
    assert not may_be_visitors(host, PORT, near=near)


@pytest.mark.parametrize("port", [-1, 0, 1, 22, 53, 443, LOWEST_PORT - 1, 65_536, 10**9])
def test_no_camera_is_at_a_port_of_the_systems_services(port: int) -> None:
    assert not may_be_visitors(PUBLIC[0], port, near=True)


@pytest.mark.parametrize("port", [LOWEST_PORT, 9000, 65_535])
def test_browsers_have_the_others(port: int) -> None:
    assert may_be_visitors(PUBLIC[0], port, near=False)


@given(st.ip_addresses(), st.integers(0, 70_000), st.booleans())
def test_whatever_is_tried_is_an_address_for_one(address: object, port: int, near: bool) -> None:
    known = ip_address(str(address))
    if may_be_visitors(str(address), port, near=near):
        assert 1024 <= port <= 65_535
        for kind in ("loopback", "link_local", "multicast", "unspecified", "reserved"):
            assert not getattr(known, f"is_{kind}")
        assert near or known.is_global


@given(st.text(max_size=60), st.integers(), st.booleans())
def test_nonsense_is_nobodys_address(text: str, port: int, near: bool) -> None:
    may_be_visitors(text, port, near=near)


@pytest.mark.parametrize(
    ("address", "near"),
    [
        (None, True),
        ("127.0.0.1", True),
        ("192.168.1.9", True),
        ("100.64.1.1", True),
        ("fd00::9", True),
        ("fe80::1%eth0", True),
        ("8.8.8.8", False),
        ("2a00:1450:4001::1", False),
        ("unknown", False),
        ("", False),
        ("8.8.8.8:1234", False),
    ],
)
def test_who_came_by_a_private_network_is_near(address: str | None, near: bool) -> None:
    assert is_near(address) is near


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stranger_gets_so_many_packets_a_minute_and_none_after_an_answer_counts() -> None:
    clock = Clock()
    strangers = Strangers(clock)
    sent = [strangers.may_send("8.8.8.8") for _ in range(MAX_TO_STRANGER + 5)]
    assert sent.count(True) == MAX_TO_STRANGER
    assert strangers.may_send("8.8.4.4")
    clock.now = STRANGER_S - 0.1
    assert not strangers.may_send("8.8.8.8")
    clock.now = STRANGER_S
    assert strangers.may_send("8.8.8.8")
    for _ in range(100):
        assert strangers.may_send("1.1.1.1")
        strangers.has_answered("1.1.1.1")
    strangers.has_answered("never asked")


def test_the_strangers_are_not_all_remembered() -> None:
    strangers = Strangers(Clock())
    for number in range(MAX_STRANGERS + 1):
        assert strangers.may_send(str(number))
    assert len(strangers._sent) == MAX_STRANGERS
    assert "0" not in strangers._sent


def candidate(host: str, port: int = PORT, **other: object) -> Candidate:
    said = {"foundation": "f", "component": 1, "transport": "udp", "priority": 9, "type": "host"}
    return Candidate(**(said | {"host": host, "port": port} | other))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ice, "STRANGERS", Strangers())
    monkeypatch.setattr(ice, "ASKERS", Strangers())
    token = NEAR.set(True)
    yield
    NEAR.reset(token)


def named(*candidates: Candidate, near: bool = True, relays: tuple[str, ...] = ()) -> list[str]:
    """The addresses that are left of those that a visitor names."""

    async def name() -> list[str]:
        NEAR.set(near)
        RELAYS.set(frozenset(relays))
        connection = VisitorConnection(ice_controlling=False)
        for one in candidates:
            await connection.add_remote_candidate(one)
        await connection.add_remote_candidate(None)
        return [one.host for one in connection.remote_candidates]

    return run(name())


def test_a_visitor_names_a_few_addresses_and_only_those_that_can_be_theirs() -> None:
    assert named(*(candidate(host) for host in PUBLIC + PRIVATE)) == PUBLIC + PRIVATE
    assert named(*(candidate(host) for host in PUBLIC + PRIVATE), near=False) == PUBLIC
    for host in set(NOBODYS) - {"a.local"}:
        assert named(candidate(host), candidate("8.8.8.8")) == ["8.8.8.8"]
    many = [candidate("8.8.8.8", PORT + number) for number in range(1000)]
    assert len(named(*many)) == MAX_NAMED
    assert named(candidate("8.8.8.8", 53)) == []


def test_relays_of_the_settings_are_allowed_wherever_they_are_and_nothing_beside_them() -> None:
    relays = ("127.0.0.1", "10.0.0.5")
    others = [candidate(host) for host in sorted(set(NOBODYS) - {*relays, "a.local"})]
    for near in (True, False):
        assert named(*map(candidate, relays), near=near, relays=relays) == list(relays)
        for other in (*others, candidate("127.0.0.1", LOWEST_PORT - 1)):
            assert named(other, near=near, relays=relays) == []
    assert named(candidate("10.0.0.6"), near=False, relays=relays) == []


def test_the_addresses_of_relays_are_looked_up_and_not_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "127.0.0.1" in addresses_of(["localhost", "no such host", "a..b", "x" * 99])
    assert addresses_of(["192.0.2.7"]) == {"192.0.2.7"}
    assert addresses_of([]) == frozenset()
    never = threading.Event()
    monkeypatch.setattr(ice, "LOOK_UP_S", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: never.wait(30))
    assert addresses_of(["turn.example.org"]) == frozenset()
    never.set()


def test_a_dead_relay_does_not_hold_up_the_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "GATHER_S", 0.05)

    async def gather(silent: socket.socket) -> list[str]:
        connection = VisitorConnection(ice_controlling=False, turn_server=silent.getsockname())
        async with asyncio.timeout(LATE_S):
            await connection.gather_candidates()
        kinds = [one.type for one in connection.local_candidates]
        await connection.close()
        return kinds

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert "relay" not in run(gather(silent))


def test_the_way_that_was_found_is_told_and_told_again_when_it_turns_out_to_be_a_relays() -> None:
    told: list[bool] = []

    async def find() -> None:
        FOUND.set(lambda *, is_relayed: told.append(is_relayed))
        connection, protocol, _ = await connected()
        incoming = check(connection.local_password, f"{connection.local_username}:them")
        connection.check_incoming(incoming, ("8.8.8.8", PORT), protocol)
        (pair,) = connection._check_list
        assert pair.task is not None
        pair.task.cancel()
        assert told == []
        pair.nominated, pair.state = True, aioice.ice.CandidatePair.State.SUCCEEDED
        connection.check_complete(pair)
        assert told == [False]
        # By then the browser names what was learnt.
        await connection.add_remote_candidate(candidate("8.8.8.8", type="relay"))

    run(find())
    assert told == [False, True]


def test_candidates_of_tcp_take_no_place() -> None:
    tcp = [candidate("8.8.8.8", 2000 + number, transport="tcp") for number in range(50)]
    assert named(*tcp, candidate("8.8.4.4")) == ["8.8.4.4"]


def test_names_of_a_local_network_are_looked_up_for_who_is_in_it_and_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Network:
        async def resolve(self, name: str) -> str:
            asked.append(name)
            return "127.0.0.1" if name.startswith("evil") else "192.168.1.7"

    async def network(_: object) -> Network:
        return Network()

    monkeypatch.setattr(aioice.ice, "get_or_create_mdns_protocol", network)
    assert named(candidate("evil.local"), candidate("me.local")) == ["me.local"]
    assert asked == ["evil.local", "me.local"]
    assert named(candidate("me.local"), near=False) == []
    assert len(asked) == 2
    named(*(candidate(f"evil{number}.local") for number in range(100)))
    assert len(asked) == 2 + MAX_NAMED


def check(password: str, username: str) -> Message:
    made = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
    made.attributes["USERNAME"] = username
    made.attributes["PRIORITY"] = 9
    made.add_message_integrity(password.encode())
    return made


class Sent:
    """Stands in for a socket: what would have been sent."""

    def __init__(self) -> None:
        self.to: list[tuple[str, int]] = []

    def sendto(self, _: bytes, addr: tuple[str, int]) -> None:
        self.to.append(addr)

    def close(self) -> None:
        pass


async def connected() -> tuple[VisitorConnection, VisitorProtocol, Sent]:
    connection = VisitorConnection(ice_controlling=False)
    connection.remote_username, connection.remote_password = "them", "p" * 22
    protocol, sent = VisitorProtocol(connection), Sent()
    protocol.transport = sent  # type: ignore[assignment] - all that is used of it
    protocol.local_candidate = candidate("192.168.1.2")
    connection._protocols.append(protocol)
    connection._early_checks_done = True
    return connection, protocol, sent


def test_who_knows_the_password_is_learnt_and_checked_but_not_from_everywhere() -> None:
    async def learn() -> tuple[list[tuple[str, int]], int]:
        connection, protocol, _ = await connected()
        from_where = [
            ("192.168.1.9", PORT),
            ("127.0.0.1", PORT),
            ("169.254.169.254", PORT),
            ("8.8.8.8", 53),
            *(("8.8.4.4", PORT + number) for number in range(50)),
        ]
        for addr in from_where:
            message = check(connection.local_password, f"{connection.local_username}:them")
            connection.check_incoming(message, addr, protocol)
        # Known by now, so it takes no further place.
        connection.check_incoming(message, from_where[0], protocol)
        learnt = [(one.host, one.port) for one in connection.remote_candidates]
        await asyncio.sleep(0)
        for pair in connection._check_list:
            assert pair.task is not None
            pair.task.cancel()
        return learnt, len(connection._check_list)

    learnt, pairs = run(learn())
    assert learnt[0] == ("192.168.1.9", PORT)
    assert {host for host, _ in learnt[1:]} == {"8.8.4.4"}
    assert len(learnt) == pairs == MAX_LEARNT


def test_checks_stop_at_a_bound_for_an_address_and_in_all() -> None:
    async def send() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        _, protocol, sent = await connected()
        message = check("p" * 22, "them:us")
        for _ in range(50):
            protocol.send_stun(message, ("8.8.8.8", PORT))
        first = sent.to.copy()
        for number in range(100):
            for _ in range(3):
                protocol.send_stun(message, (f"8.8.4.{number}", PORT))
        return first, sent.to

    first, in_all = run(send())
    assert len(first) == MAX_TO_STRANGER
    assert len(in_all) == MAX_UNANSWERED


def test_the_bound_for_an_address_is_that_of_all_connections() -> None:
    async def send() -> int:
        message, count = check("p" * 22, "them:us"), 0
        for _ in range(20):
            _, protocol, sent = await connected()
            protocol.send_stun(message, ("8.8.8.8", PORT))
            count += len(sent.to)
        return count

    assert run(send()) == MAX_TO_STRANGER


def test_who_asks_is_checked_though_others_of_our_addresses_have_used_up_what_there_was() -> None:
    there = ("8.8.8.8", PORT)

    async def send() -> list[int]:
        connection, asked, sent = await connected()
        idle = VisitorProtocol(connection)
        idle.transport, idle.local_candidate = asked.transport, asked.local_candidate
        message, counts = check("p" * 22, "them:us"), []
        for protocol in (idle, asked):
            for _ in range(50):
                protocol.send_stun(message, there)
        counts.append(len(sent.to))
        incoming = check(connection.local_password, f"{connection.local_username}:them")
        connection.check_incoming(incoming, there, asked)
        for pair in connection._check_list:
            assert pair.task is not None
            pair.task.cancel()
        for protocol in (idle, asked):
            for _ in range(50):
                protocol.send_stun(message, there)
            counts.append(len(sent.to))
        return counts

    # Whoever forged the sender's address has no more than these sent there.
    assert run(send()) == [MAX_TO_STRANGER, MAX_TO_STRANGER, 2 * MAX_TO_STRANGER]


def test_relays_are_no_strangers_and_the_bound_of_a_connection_is_theirs_too() -> None:
    async def send() -> int:
        RELAYS.set(frozenset({"10.0.0.5"}))
        _, protocol, sent = await connected()
        message = check("p" * 22, "them:us")
        for number in range(100):
            protocol.send_stun(message, ("10.0.0.5", PORT + number))
        return len(sent.to)

    assert run(send()) == MAX_UNANSWERED


def test_answers_and_what_asks_our_own_stun_server_are_not_counted() -> None:
    async def send() -> int:
        _, protocol, sent = await connected()
        asking = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
        answer = Message(message_method=Method.BINDING, message_class=Class.RESPONSE)
        answer.add_message_integrity(b"p" * 22)
        for message in (asking, answer):
            for _ in range(100):
                protocol.send_stun(message, ("8.8.8.8", PORT))
        return len(sent.to)

    assert run(send()) == 200


def test_who_has_answered_a_check_gets_as_many_as_it_takes() -> None:
    there = ("8.8.8.8", PORT)

    async def talk(*, answers: bool) -> int:
        connection, protocol, sent = await connected()
        for _ in range(30):
            request = check("p" * 22, "them:us")
            asking = asyncio.create_task(protocol.request(request, there, b"p" * 22, 0))
            await asyncio.sleep(0)
            if answers:
                response = Message(
                    message_method=Method.BINDING,
                    message_class=Class.RESPONSE,
                    transaction_id=request.transaction_id,
                )
                response.add_message_integrity(b"p" * 22)
                protocol.datagram_received(bytes(response), there)
                await asking
            else:
                asking.cancel()
        assert connection.may_check(protocol, there) is answers
        return len(sent.to)

    # Each is signed once more as it is sent.
    assert run(talk(answers=True)) == 30
    assert run(talk(answers=False)) == MAX_TO_STRANGER


def test_all_connections_of_the_process_are_such_ones() -> None:
    ice.guard_connections()
    assert rtcicetransport.Connection is VisitorConnection
    assert aioice.ice.StunProtocol is VisitorProtocol

    async def gather() -> tuple[object, set[type]]:
        gatherer = RTCIceGatherer(iceServers=RTCConfiguration([]).iceServers)
        await gatherer.gather()
        made = gatherer._connection
        kinds = {type(protocol) for protocol in made._protocols}
        await made.close()
        return made, kinds

    made, kinds = run(gather())
    assert isinstance(made, VisitorConnection)
    assert kinds == {VisitorProtocol}


@pytest.mark.parametrize(
    "name",
    [
        *("_add_remote_candidate", "check_incoming", "add_remote_candidate"),
        *("get_component_candidates", "check_complete"),
    ],
)
def test_what_is_changed_is_still_aioices_own(name: str) -> None:
    # Under another name the guard would do nothing.
    assert name in vars(aioice.ice.Connection)
    assert (
        "StunProtocol" in aioice.ice.Connection.get_component_candidates.__code__.co_names
        or any(
            "StunProtocol" in getattr(one, "co_names", ())
            for one in aioice.ice.Connection.get_component_candidates.__code__.co_consts
        )
    )

"""Where the server's packets may go while it looks for a way to a visitor's camera.

A visitor's browser names addresses, and ICE (RFC 8445) sends checks to each until one answers. Who
writes such a list by hand could have the server send packets to anybody. Here only addresses that
can be a visitor's are tried, few of them, and few times before they answer. A visitor who can reach
the server needs none of that: the server also answers whoever knows the connection's password.
"""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from ipaddress import ip_address, ip_network
from typing import Any

import aioice.ice
from aioice import Candidate
from aioice.mdns import is_mdns_hostname
from aioice.stun import Class, Message
from aiortc import rtcicetransport

from recommender.deadline import run_with_deadline

# Browsers name some five: one for each of the machine's addresses, as it is and as others see it.
MAX_NAMED = 16
# Beside them, addresses that a connection's checks came from: a router's ports, mostly one.
MAX_LEARNT = 8
# To one address, by all connections: what has not answered three checks from each of two or three
# of our addresses answers none. More are sent when a minute has passed.
MAX_TO_STRANGER = 8
STRANGER_S = 60.0
# To all addresses that have not answered, for one connection: each of them from four of ours.
MAX_UNANSWERED = 64
# Beyond so many, the address that was tried first is forgotten.
MAX_STRANGERS = 16_384
# A STUN or TURN server answers within a second, from afar within two; a dead one keeps each visitor
# waiting for so long, also one who needs none.
GATHER_S = 3
# Seconds for the names of all relays.
LOOK_UP_S = 1.0
# Below are the services of a system; no browser's socket is given such a port.
LOWEST_PORT, HIGHEST_PORT = 1024, 65_535
# No browser's own: what leads to an IPv4 address by another name (mapped, translated, Teredo,
# 6to4), "this network", and the site-local addresses that RFC 3879 has ended.
_NOBODYS = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2001::/32",
            "2002::/16",
            "fec0::/10",
        ),
    )
)

# Whether the visitor whose connection is made in this context shares a private network with us.
NEAR: ContextVar[bool] = ContextVar("NEAR", default=False)
# Addresses of the relays of our settings, as `addresses_of` gives them: a browser names what they
# relay for it, which may be in a private network, or on this machine.
RELAYS: ContextVar[frozenset[str]] = ContextVar("RELAYS", default=frozenset())
# Called with whether the way that was found leads over a relay, ours or the visitor's.
FOUND: ContextVar[Callable[..., None]] = ContextVar("FOUND")


def is_near(address: str | None) -> bool:
    """Return whether a visitor at this address comes by a private network, or from this machine.

    Parameters
    ----------
    address : str or None, as a proxy tells it, which may be anything; None for this machine
    """
    if address is None:
        return True
    try:
        return not ip_address(address).is_global
    except ValueError:
        return False


def may_be_visitors(host: str, port: int, *, near: bool) -> bool:
    """Return whether a camera's connection can come from an address and port.

    Browsers never name this machine's loopback address. Private ones are in another network when
    their visitor came by the internet, and in ours there may be others of the same number.

    Parameters
    ----------
    host : str, an IP address; anything else is nobody's
    port : int
    near : bool, whether the visitor came by a private network
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if not is_browsers_port(port):
        return False
    # Broadcast is among the reserved ones; the system lets no packet out to that of our networks.
    if (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or any(address in network for network in _NOBODYS)
    ):
        return False
    return near or address.is_global


def is_browsers_port(port: int) -> bool:
    """Return whether a browser's socket, or what is relayed for it, may have a port."""
    return LOWEST_PORT <= port <= HIGHEST_PORT


def addresses_of(hosts: Iterable[str]) -> frozenset[str]:
    """Return the addresses of hosts, as far as they are found within `LOOK_UP_S`.

    Parameters
    ----------
    hosts : iterable of str, names or numbers
    """

    def look_up() -> set[str]:
        found = set()
        for host in hosts:
            with suppress(OSError, UnicodeError):
                found |= {f"{one[4][0]}" for one in socket.getaddrinfo(host, None)}
        return found

    try:
        return frozenset(run_with_deadline(time.monotonic() + LOOK_UP_S, look_up))
    except TimeoutError:
        return frozenset()


class Strangers:
    """Addresses that were sent something and have not answered, of all connections.

    Parameters
    ----------
    clock : callable, returns the seconds of a monotonic clock
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # When the first packet went there and how many have since, the oldest first.
        self._sent: dict[str, tuple[float, int]] = {}

    def may_send(self, host: str) -> bool:
        """Return whether another packet may go to an address, and count it."""
        now = self._clock()
        since, count = self._sent.get(host, (now, 0))
        if now - since >= STRANGER_S:
            del self._sent[host]
            since, count = now, 0
        if count >= MAX_TO_STRANGER:
            return False
        if host not in self._sent and len(self._sent) >= MAX_STRANGERS:
            del self._sent[next(iter(self._sent))]
        self._sent[host] = since, count + 1
        return True

    def has_answered(self, host: str) -> None:
        """Forget what was sent to an address."""
        self._sent.pop(host, None)


STRANGERS = Strangers()
# An address that asked us with the password gets as many again: on a machine with many addresses
# of its own, others of them may have used up what there was. The sender's address may still be
# forged.
ASKERS = Strangers()


class VisitorConnection(aioice.ice.Connection):
    """A connection that tries few addresses, and only those that can be a visitor's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the parent has them
        super().__init__(*args, **kwargs)
        self._near = NEAR.get()
        self._relays = RELAYS.get()
        self._found = FOUND.get(None)
        self._named = self._learnt = self._unanswered = 0
        self._answered: set[str] = set()
        self._asking: set[tuple[int, tuple[str, int]]] = set()

    async def add_remote_candidate(self, remote_candidate: Candidate | None) -> None:
        """Add an address that the visitor names, unless there were enough."""
        if remote_candidate is not None:
            if remote_candidate.transport.casefold() != "udp" or self._named >= MAX_NAMED:
                return
            if is_mdns_hostname(remote_candidate.host) and not self._near:
                # It is a name in the visitor's network, which is not ours.
                return
            self._named += 1
        await super().add_remote_candidate(remote_candidate)

    def _add_remote_candidate(self, remote_candidate: Candidate, network_host: str) -> None:
        # Here a name of the local network has become an address.
        if self._may_be_visitors(network_host, remote_candidate.port, near=self._near):
            super()._add_remote_candidate(remote_candidate, network_host)
            # An address that was learnt may turn out to be a relay's.
            self._tell()

    def _may_be_visitors(self, host: str, port: int, *, near: bool) -> bool:
        """Return whether an address can be a visitor's, or relayed for one."""
        relayed = host in self._relays and is_browsers_port(port)
        return relayed or may_be_visitors(host, port, near=near)

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 0,  # noqa: ARG002, ASYNC109 - as the parent has it
    ) -> list[Candidate]:
        """Return our addresses, as we and our STUN and TURN servers see them."""
        return await super().get_component_candidates(component, addresses, GATHER_S)

    def check_complete(self, pair: aioice.ice.CandidatePair) -> None:
        """Note how a check ended, and whether its way is the chosen one."""
        super().check_complete(pair)
        self._tell()

    def _tell(self) -> None:
        for pair in self._nominated.values():
            if self._found is not None:
                ends = {pair.local_candidate.type, pair.remote_candidate.type}
                self._found(is_relayed="relay" in ends)

    def check_incoming(
        self, message: Message, addr: tuple[str, int], protocol: aioice.ice.StunProtocol
    ) -> None:
        """Check the address that a check came from, which knows the password, in its turn."""
        known = any((one._network_host, one.port) == addr for one in self._remote_candidates)  # noqa: SLF001
        if not known:
            # It has reached us, so it need not be asked which network it is in.
            if self._learnt >= MAX_LEARNT or not self._may_be_visitors(*addr, near=True):
                return
            self._learnt += 1
        self._asking.add((protocol.id, addr))
        super().check_incoming(message, addr, protocol)

    def may_check(self, protocol: aioice.ice.StunProtocol, addr: tuple[str, int]) -> bool:
        """Return whether a check may be sent to an address from one of ours, and count it.

        Parameters
        ----------
        protocol : StunProtocol, of our address
        addr : tuple of str and int, host and port of theirs
        """
        host, _ = addr
        if host in self._answered:
            return True
        if (protocol.id, addr) in self._asking:
            return ASKERS.may_send(host)
        # A relay is no stranger: what it relays for others has the same address.
        known = host in self._relays
        if self._unanswered >= MAX_UNANSWERED or not (known or STRANGERS.may_send(host)):
            return False
        self._unanswered += 1
        return True

    def has_answered(self, host: str) -> None:
        """Note that a check was answered: what comes from here is wanted there."""
        self._answered.add(host)
        STRANGERS.has_answered(host)
        ASKERS.has_answered(host)


class VisitorProtocol(aioice.ice.StunProtocol):
    """Sends what a connection lets it send."""

    receiver: VisitorConnection

    async def request(
        self,
        request: Message,
        addr: tuple[str, int],
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[Message, tuple[str, int]]:
        """Send a request, again and again, and return its answer, which only its receiver knows.

        Parameters
        ----------
        addr : tuple of str and int, host and port
        integrity_key : bytes or None, signs a check; None for what asks a STUN server
        retransmissions : int or None, how often at most, None for aioice's own limit
        """
        response, there = await super().request(request, addr, integrity_key, retransmissions)
        if integrity_key is not None:
            self.receiver.has_answered(there[0])
        return response, there

    def send_stun(self, message: Message, addr: tuple[str, int]) -> None:
        """Send a message, unless it is one check too many."""
        # Checks are signed; what asks the STUN server of our settings is not.
        is_check = (
            message.message_class == Class.REQUEST and "MESSAGE-INTEGRITY" in message.attributes
        )
        if not is_check or self.receiver.may_check(self, addr):
            super().send_stun(message, addr)


def guard_connections() -> None:
    """Let all connections of this process be such ones."""
    # There aioice and aiortc look for them.
    aioice.ice.StunProtocol = VisitorProtocol  # type: ignore[misc]
    rtcicetransport.Connection = VisitorConnection  # type: ignore[attr-defined]

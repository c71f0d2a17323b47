"""Addresses of servers that people name: which may be asked, and the machines they lead to.

A visitor's server may be any on the internet, and none inside: the page would else be a way into
the network of the machine that runs it. So only https is asked, at names that resolve to public
addresses alone, and the connection goes to the very addresses that were checked: a second look-up
could have another answer. The owner's own server may be anywhere.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from recommender.deadline import run_with_deadline
from recommender.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

# Of this machine.
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
HTTPS_PORT, HIGHEST_PORT = 443, 65_535
# Ports below are those of other services, of which a stranger shall learn nothing here.
FIRST_FREE_PORT = 1024
MAX_ADDRESS = 300
# Addresses that are tried of one name.
MAX_MACHINES = 8
# The part of IPv6 from which unicast addresses are given out (RFC 4291); all else is special.
_UNICAST = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a server.

    Attributes
    ----------
    base : str, URL without a trailing slash, nor the ``/rest`` of Subsonic's methods
    host : str, name or number
    port : int
    is_owners : bool, whether it may lie in a private network
    """

    base: str
    host: str
    port: int
    is_owners: bool = False

    @property
    def is_local(self) -> bool:
        """True on this machine, which no proxy reaches."""
        return self.host in LOOPBACK_HOSTS


def web_address(value: str) -> SplitResult | None:
    """Return the parts of an address of the web without name, password, query and fragment.

    None for anything else.
    """
    try:
        parts = urlsplit(value)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    plain = value.isascii() and value.isprintable() and not set(value) & set(" \\?#@")
    return parts if whole and plain and parts.scheme in {"http", "https"} else None


def owners_address(url: str) -> ServerAddress:
    """Return the address in the owner's settings, which have checked it."""
    found = _address(url, is_owners=True)
    if found is None:
        raise SourceError("server-address")
    return found


def visitors_address(text: str) -> ServerAddress:
    """Return the address that a visitor typed; without a scheme it is https.

    Raises
    ------
    SourceError
        For anything but https at the usual port or a free one.
    """
    url = text.strip()
    found = _address(url if "://" in url else f"https://{url}", is_owners=False)
    allowed = found is not None and found.base.startswith("https:")
    if found is None or not allowed or HTTPS_PORT != found.port < FIRST_FREE_PORT:
        raise SourceError("server-address")
    return found


def _address(url: str, *, is_owners: bool) -> ServerAddress | None:
    parts = web_address(url) if len(url) <= MAX_ADDRESS else None
    if parts is None or parts.hostname is None:
        return None
    port = parts.port or (HTTPS_PORT if parts.scheme == "https" else 80)
    base = parts.geturl().rstrip("/").removesuffix("/rest")
    return ServerAddress(base, parts.hostname, port, is_owners)


def public_machines(address: ServerAddress, deadline: float) -> tuple[str, ...]:
    """Return the public numbers that a name resolves to, at least one.

    Raises
    ------
    SourceError
        When one of the numbers is not public.
    OSError
        When the name is unknown; TimeoutError at the deadline.
    """
    found = run_with_deadline(
        deadline,
        lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM),
    )
    machines = tuple(dict.fromkeys(str(place[4][0]) for place in found))
    if not machines or not all(map(is_public, machines)):
        raise SourceError("server-address")
    return machines[:MAX_MACHINES]


def is_public(machine: str) -> bool:
    """Return whether a number is one of the internet's, that holds no other number within."""
    try:
        number: IPv4Address | IPv6Address = ip_address(machine)
    except ValueError:
        # One with a zone, which is a link's.
        return False
    if isinstance(number, IPv4Address):
        return number.is_global and not number.is_multicast
    tunnelled = number.sixtofour is not None or number.teredo is not None
    return number in _UNICAST and number.is_global and not tunnelled


# Databases: their addresses are checked before a driver sees them, for drivers raise all kinds of
# errors.
DATABASES = ("postgresql", "postgres", "mariadb", "mysql")
# Query parameters allowed in an address, with their values; None for any, such as a file name.
# Excluded are those that read more settings from a file, run a statement or name another server.
_POSTGRESQL: Mapping[str, AbstractSet[str] | None] = {
    "sslmode": {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
    "sslrootcert": None,
    "sslcert": None,
    "sslkey": None,
    "channel_binding": {"disable", "prefer", "require"},
    "target_session_attrs": {"any", "read-write", "primary"},
    "application_name": None,
}
_MYSQL: Mapping[str, AbstractSet[str] | None] = {
    "charset": {"utf8mb4"},
    "ssl_ca": None,
    "ssl_cert": None,
    "ssl_key": None,
    "ssl_check_hostname": {"true", "false"},
}
PARAMETERS = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "mariadb": _MYSQL,
    "mysql": _MYSQL,
}
# Parameters of other programs, which a message may name: any other text after "?" may be the rest
# of a password.
FOREIGN = frozenset(
    (
        *("schema", "search_path", "options", "host", "port", "user", "password", "service", "ssl"),
        *("pgbouncer", "connect_timeout", "connection_limit", "pool_timeout", "pool_size"),
        *("sslaccept", "ssl-mode", "ssl_mode", "sslmode", "charset", "client_encoding", "timezone"),
        *("unix_socket", "read_default_file", "init_command", "serverVersion", "reconnect"),
    )
)
# Id and values of a message.
_Problem: TypeAlias = "tuple[str, dict[str, object]]"


def address_problem(value: str) -> _Problem | None:
    """Return what is wrong with a database's address: id and values of a message without secrets.

    None when it names a supported database and has only known parameters.
    """
    shapeless: _Problem = ("setting-database", {"beginnings": ", ".join(DATABASES)})
    try:
        parts = urlsplit(value)
        address = make_url(value)
        host = (address.host or "").encode("idna").decode()
    except (ValueError, ArgumentError):
        # An invalid port, an unbalanced bracket, or an invalid host name.
        return shapeless
    known = PARAMETERS.get(address.drivername)
    if known is None or not unquote(value).isprintable():
        return shapeless
    # If the parsers disagree, part of a password would be looked up as a host name.
    if not host or host.casefold() != (parts.hostname or "").encode("idna").decode().casefold():
        return "setting-database-host", {}
    _, _, after_host = parts.netloc.rpartition("]" if "]" in parts.netloc else "@")
    _, colon, port = after_host.rpartition(":")
    if colon and not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
        return "setting-database-port", {"most": HIGHEST_PORT}
    if not (address.database or "").strip("/") or "#" in value:
        return "setting-database-unnamed", {}
    problems = (_parameter_problem(name, given, known) for name, given in address.query.items())
    return next(filter(None, problems), None)


def _parameter_problem(
    name: str, given: object, known: Mapping[str, AbstractSet[str] | None]
) -> _Problem | None:
    if name not in known:
        names: dict[str, object] = {"known": ", ".join(known)}
        if name in FOREIGN:
            return "setting-database-parameter", {**names, "parameter": name}
        return "setting-database-parameters", names
    allowed = known[name]
    # A tuple when the parameter is repeated.
    if isinstance(given, str) and given and (allowed is None or given in allowed):
        return None
    if allowed is None:
        return "setting-database-once", {"parameter": name}
    return "setting-database-value", {"parameter": name, "allowed": ", ".join(sorted(allowed))}

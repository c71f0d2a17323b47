"""Validation of database addresses, for drivers raise many kinds of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

DATABASES = ("postgresql", "mariadb", "mysql")
HIGHEST_PORT = 65_535
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
PARAMETERS = {"postgresql": _POSTGRESQL, "mariadb": _MYSQL, "mysql": _MYSQL}


def is_database_address(value: str) -> bool:
    """Return whether an address names a supported database and has only known parameters."""
    try:
        parts = urlsplit(value)
        address = make_url(value)
        host = (address.host or "").encode("idna").decode()
    except (ValueError, ArgumentError):
        # An invalid port, an unbalanced bracket, or an invalid host name.
        return False
    known = PARAMETERS.get(address.drivername)
    if known is None or not unquote(value).isprintable():
        return False
    # If the parsers disagree, part of a password would be looked up as a host name.
    if not host or host.casefold() != (parts.hostname or "").encode("idna").decode().casefold():
        return False
    _, _, after_host = parts.netloc.rpartition("]" if "]" in parts.netloc else "@")
    _, colon, port = after_host.rpartition(":")
    if colon and not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
        return False
    if not (address.database or "").strip("/") or "#" in value:
        return False
    return all(
        name in known and _may_be(given, known[name]) for name, given in address.query.items()
    )


def _may_be(given: object, allowed: AbstractSet[str] | None) -> bool:
    # A tuple when the parameter is repeated.
    if not isinstance(given, str) or not given:
        return False
    return allowed is None or given in allowed

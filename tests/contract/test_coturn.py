"""A real coturn takes the credentials that are made here, and no others."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint

from recommender.turn.servers import LIFETIME_S, credentials
from tests.fakes.coturn import HOST, SECRET, Relay, coturn
from tests.fakes.servers import NoServer
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Iterator

UNAUTHORISED = 401


@contextmanager
def relay() -> Iterator[Relay]:
    try:
        with coturn() as started:
            yield started
    except NoServer as error:
        pytest.skip(str(error))


async def allocated(port: int, username: str, credential: str) -> tuple[str, int]:
    """The address that is relayed for a name and a password."""
    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol, (HOST, port), username, credential
    )
    found: tuple[str, int] = transport.get_extra_info("sockname")
    transport.close()
    return found


@pytest.mark.slow
def test_it_relays_for_the_right_secret_until_the_credentials_end() -> None:
    now = time.time()
    with relay() as running:
        host, _ = run(allocated(running.port, **credentials(SECRET, now, "word")))
        assert host == HOST
        for secret, made in (("another", now), (SECRET, now - LIFETIME_S - 60)):
            with pytest.raises(TransactionFailed) as refused:
                run(allocated(running.port, **credentials(secret, made, "word")))
            assert refused.value.response.attributes["ERROR-CODE"][0] == UNAUTHORISED
        # Nothing of the secret is in its log.
        assert SECRET not in running.log()

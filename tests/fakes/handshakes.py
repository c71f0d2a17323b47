"""Opening a page of a server with headers of one's own choice, as proxies and attackers do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.typing import Origin

MAX_MESSAGE = 64 * 1024 * 1024
PATIENCE_S = 60


def page_as_seen(
    base: str,
    page: str,
    *,
    host: str | None = None,
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return all that the server sends for a page, in its own protocol.

    page : its name in the address; "" for the first one
    host, origin : what the client calls the server and itself; None for the true host, no origin

    Raises
    ------
    websockets.exceptions.InvalidStatus
        When the server refuses the handshake.
    """
    return run_apart(_page_as_seen(base, page, host, origin, headers or {}))


async def _page_as_seen(
    base: str, page: str, host: str | None, origin: str | None, headers: Mapping[str, str]
) -> bytes:
    there = urlsplit(base)
    seen = b""
    async with asyncio.timeout(PATIENCE_S):
        async with connect(
            f"ws://{host or there.netloc}{there.path}/_stcore/stream",
            host=there.hostname,
            port=there.port,
            origin=None if origin is None else _origin(origin),
            additional_headers=headers,
            max_size=MAX_MESSAGE,
            proxy=None,
        ) as socket:
            message = BackMsg()
            message.rerun_script.page_name = page
            await socket.send(message.SerializeToString())
            while True:
                content = await socket.recv()
                assert isinstance(content, bytes)
                seen += content
                if ForwardMsg.FromString(content).WhichOneof("type") == "script_finished":
                    return seen


def is_refused(base: str, origin: str, **handshake: str) -> bool:
    """Return whether the server refuses a handshake of a page from elsewhere."""
    try:
        page_as_seen(base, "", origin=origin, **handshake)
    except InvalidStatus as error:
        return error.response.status_code == 403
    return False


def _origin(text: str) -> Origin:
    from websockets.typing import Origin

    return Origin(text)

"""A line between a browser and a server that breaks off, as a network that changes does."""

from __future__ import annotations

import asyncio
import struct
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.own_thread import running_loop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

HOST = "127.0.0.1"
CHUNK = 65_536
# A close without a farewell of TCP's own.
RESET = struct.pack("ii", 1, 0)


class Line:
    """Passes on what comes, in a loop of its own.

    base : the server's address by this line
    """

    def __init__(self, server: str, loop: asyncio.AbstractEventLoop) -> None:
        self._port = urlsplit(server).port
        self._loop = loop
        self._open: set[asyncio.StreamWriter] = set()
        self._server = self._do(asyncio.start_server(self._connect, HOST, 0))
        self.base = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    def break_off(self) -> None:
        """End all connections without a word; new ones are passed on."""
        self._do(self._break_off())

    def end(self) -> None:
        """End all, and take no more."""
        self._do(self._end())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _break_off(self) -> None:
        for writer in self._open:
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, RESET)
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._break_off()
        # Their tasks end with them.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._port)
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError):
            while content := await reader.read(CHUNK):
                writer.write(content)
                await writer.drain()
        self._open.discard(writer)
        writer.close()


@contextmanager
def line_to(server: str) -> Iterator[Line]:
    """Lay a line to a server of this machine, by its address."""
    with running_loop() as loop:
        line = Line(server, loop)
        try:
            yield line
        finally:
            line.end()

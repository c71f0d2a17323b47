"""Playlists as earlier versions exported them: M3U of links, which people keep and bring back."""

from collections.abc import Sequence

from recommender.exports import _address, files_as_m3u8
from recommender.types import Tile


def as_m3u8(tiles: Sequence[Tile], name: str) -> bytes:
    return files_as_m3u8([(tile.track, _address(tile.open_url), None) for tile in tiles], name)

"""Deezer: covers and previews of songs, from a search that needs no key."""

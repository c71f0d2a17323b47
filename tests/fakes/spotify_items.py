"""Items of Spotify's answers for tests of their translation, without any server."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def item(number: int = 1, **changes: object) -> dict[str, Any]:
    """Return a track as Spotify's search gives it."""
    return {
        "id": f"FakeId{number:016}",
        "name": f"Fake Song {number}",
        "artists": [{"name": f"Fake Artist {number}"}],
        "album": {"name": "Fake Album", "release_date": "1999-05", "images": []},
        "explicit": False,
        **changes,
    }

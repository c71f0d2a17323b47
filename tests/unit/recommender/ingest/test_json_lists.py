"""Lists in JSON: JSPF, ListenBrainz, Spotify's own download, YouTube Music's history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import json_lists
from recommender.ingest.entries import Problem
from recommender.ingest.playlists import read_playlist

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.ingest.entries import Entry

ID = "4JehYebiI9JE8sR8MisGVb"
JSPF_TRACK = {
    "title": "Lamp",
    "creator": "Nora",
    "album": "Night",
    "identifier": [f"spotify:track:{ID}"],
}
LISTEN = {
    "listened_at": 1,
    "track_metadata": {"track_name": "Lamp", "artist_name": "Nora", "release_name": "Night"},
}


def read(folder: Path, content: bytes, name: str = "x.json") -> list[Entry]:
    path = folder / name
    path.write_bytes(content)
    return read_playlist(path).entries


def names(folder: Path, value: object) -> list[tuple[str, str, str | None]]:
    found = [entry.song for entry in read(folder, json.dumps(value).encode())]
    return [(song.title, ", ".join(song.artists), song.album) for song in found if song]


@pytest.mark.parametrize(
    "value",
    [
        {"playlist": {"title": "x", "track": [JSPF_TRACK]}},
        {"playlist": {"title": "x", "track": JSPF_TRACK}},
        {"playlist": {"title": "x", "track": [None, JSPF_TRACK, {"identifier": ["x"]}]}},
        {"title": "x", "creator": "me", "track": [JSPF_TRACK]},
        {"playlists": [{"playlist": {"track": [JSPF_TRACK]}}, {"playlist": {}}], "count": 2},
        [LISTEN],
        LISTEN,
        {
            "lovedtracks": {
                "track": [{"name": "Lamp", "artist": {"name": "Nora"}, "album": {"#text": "Night"}}]
            }
        },
        {
            "tracks": {
                "data": [{"title": "Lamp", "artist": {"name": "Nora"}, "album": {"title": "Night"}}]
            }
        },
        {"payload": {"count": 1, "listens": [LISTEN]}},
        {
            "tracks": [{"artist": "Nora", "album": "Night", "track": "Lamp", "uri": "x"}],
            "albums": [],
        },
        {
            "playlists": [
                {"name": "empty", "items": []},
                {
                    "name": "P",
                    "items": [
                        {
                            "track": {
                                "trackName": "Lamp",
                                "artistName": "Nora",
                                "albumName": "Night",
                            },
                            "episode": None,
                            "localTrack": None,
                        }
                    ],
                },
            ]
        },
        [
            {
                "ts": "2025-01-01T00:00:00Z",
                "master_metadata_track_name": "Lamp",
                "master_metadata_album_artist_name": "Nora",
                "master_metadata_album_album_name": "Night",
                "episode_name": None,
            }
        ],
        {
            "items": [
                {
                    "track": {
                        "name": "Lamp",
                        "artists": [{"name": "Nora"}],
                        "album": {"name": "Night"},
                    }
                }
            ]
        },
        {
            "playlists": [
                {
                    "items": [
                        {
                            "track": None,
                            "localTrack": {"uri": "spotify:local:Nora:Night:Lamp:201"},
                        }
                    ]
                }
            ]
        },
    ],
)
def test_each_layout_is_known(tmp_path: Path, value: object) -> None:
    assert names(tmp_path, value) == [("Lamp", "Nora", "Night")]


def test_several_artists_stay_apart(tmp_path: Path) -> None:
    track = {"name": "Lamp", "artists": [{"name": "Nora"}, "Ferns", {"name": 1}]}
    (entry,) = read(tmp_path, json.dumps({"tracks": [{"track": track}]}).encode())
    assert entry.song is not None
    assert entry.song.artists == ("Nora", "Ferns")


def test_a_link_to_spotify_is_kept(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, json.dumps({"playlist": {"track": [JSPF_TRACK]}}).encode())
    assert entry.song is not None
    assert entry.song.spotify_id == ID


def test_what_is_spoken_is_no_music(tmp_path: Path) -> None:
    value = [
        {"artistName": "Nora", "trackName": "Lamp"},
        {"podcastName": "Talks", "episodeName": "First"},
        {"master_metadata_track_name": None, "episode_name": "Second"},
        {"track": None, "episode": {"name": "Third"}},
    ]
    found = read(tmp_path, json.dumps(value).encode())
    assert [entry.problem for entry in found] == [None, *[Problem.NO_MUSIC] * 3]
    assert [entry.shown for entry in found] == ["", "First", "Second", "Third"]


def test_the_history_of_youtube_music(tmp_path: Path) -> None:
    value = [
        {
            "header": "YouTube Music",
            "title": "Watched Lamp",
            "subtitles": [{"name": "Nora - Topic"}],
        },
        {"header": "YouTube Music", "title": "Watched Tide", "subtitles": [{"name": "Ferns"}]},
        {"header": "YouTube Music", "title": "„Moor“ angesehen", "subtitles": [{"name": "Ferns"}]},
        {"header": "YouTube Music", "title": "Watched https://x.example", "subtitles": []},
        {"header": "YouTube", "title": "Watched a film", "subtitles": [{"name": "Somebody"}]},
    ]
    found = read(tmp_path, json.dumps(value).encode())
    songs = [entry.song and (entry.song.title, entry.song.artists) for entry in found]
    assert songs == [("Lamp", ("Nora",)), ("Tide", ("Ferns",)), None, None, None]
    assert found[2].shown == "„Moor“ angesehen"


def test_one_value_in_each_line(tmp_path: Path) -> None:
    line = json.dumps(LISTEN)
    found = read(tmp_path, f"{line}\r\n\n{line}\n{{broken\nnull\n".encode(), "x.jsonl")
    assert [entry.song is not None for entry in found] == [True, True, False, False]
    assert [entry.shown for entry in found[2:]] == ["{broken", "null"]
    assert names(tmp_path, LISTEN) == [("Lamp", "Nora", "Night")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no JSON"),
        (b"", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"playlist":' * 20 + b"[]" + b"}" * 20, "holds no list that Moodring knows"),
        (b'{"a": [1]}', "holds no list that Moodring knows"),
        (b"7", "holds no list that Moodring knows"),
        (b"[]", "names no song"),
        (b'{"playlist": {"track": [1]}}', r"names no song .* the first entry is entry 1: 1\."),
        (b'{"payload": {"listens": []}}', "names no song"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableTable, match=said):
        read(tmp_path, content)


def test_the_limit_of_values_holds_for_each_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lists, "MAX_VALUES", 6)
    line = json.dumps(LISTEN)
    assert len(read(tmp_path, f"{line}\n{line}\n".encode(), "x.jsonl")) == 2
    with pytest.raises(UnreadableTable, match="more than 6 values"):
        read(tmp_path, f"{line}\n[{line}, {line}]\n".encode(), "x.jsonl")


def test_an_object_that_is_no_song_beside_songs_is_left_out_and_counted(tmp_path: Path) -> None:
    value = {"tracks": [{"track": "Lamp", "artist": "Nora"}, {"items": [1]}, {"track": "Hiss"}]}
    found = read(tmp_path, json.dumps(value).encode())
    assert [entry.problem for entry in found] == [None, Problem.NAMELESS, Problem.NAMELESS]
    assert found[2].shown == "Hiss"

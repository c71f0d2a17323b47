"""The fake Spotify against Spotify's own description, and against what it no longer offers.

The description is a third party's and not part of this repository; without it beside the
checkout, what can be said without it is tested all the same.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
import yaml

from tests.fakes.spotify import CLIENT_ID, CLIENT_SECRET, FakeSpotify

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENAPI = Path(__file__).parents[3] / "shared" / "contracts" / "spotify-openapi.yml"
# Fields that the description still demands, though Spotify stopped sending them in 2026.
REMOVED_FIELDS = {"available_markets", "popularity", "preview_url", "linked_from"}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


@pytest.fixture(scope="module")
def bearer(fake: FakeSpotify) -> dict[str, str]:
    answer = requests.post(
        f"{fake.base}/api/token",
        {"grant_type": "client_credentials"},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=5,
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "Bearer"
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    if not OPENAPI.exists():
        pytest.skip("Spotify's OpenAPI description does not lie beside this checkout")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(OPENAPI.read_text(encoding="utf-8"), loader)  # noqa: S506
    return as_json_schema(document)


def as_json_schema(node: Any) -> Any:  # noqa: ANN401
    """Return an OpenAPI 3.0 document with what JSON Schema says otherwise said its way."""
    if isinstance(node, list):
        return [as_json_schema(element) for element in node]
    if not isinstance(node, dict):
        return node
    known = {key: as_json_schema(value) for key, value in node.items()}
    if known.pop("nullable", None) is True:
        known["type"] = [known["type"], "null"]
    if isinstance(known.get("required"), list):
        known["required"] = [name for name in known["required"] if name not in REMOVED_FIELDS]
    return known


def check(description: dict[str, Any], path: str, status: int, answer: object) -> None:
    reply = description["paths"][path]["get"]["responses"][str(status)]
    name = reply["$ref"].rsplit("/", 1)[1]
    reply = description["components"]["responses"][name]
    schema = reply["content"]["application/json"]["schema"]
    validator = jsonschema.Draft4Validator({**schema, "components": description["components"]})
    validator.validate(answer)


def get(
    fake: FakeSpotify, bearer: dict[str, str] | None, path: str, **query: object
) -> requests.Response:
    params = {key: str(value) for key, value in query.items()}
    return requests.get(f"{fake.base}/v1{path}", params, headers=bearer, timeout=5)


@pytest.mark.parametrize(
    ("q", "offset"), [("happy tamil", 0), ('artist:"A. R. Rahman"', 90), ('artist:"Nobody"', 0)]
)
def test_a_search_is_as_described(
    fake: FakeSpotify, bearer: dict[str, str], description: dict[str, Any], q: str, offset: int
) -> None:
    answer = get(
        fake, bearer, "/search", q=q, type="track", market="IN", limit=10, offset=offset
    ).json()
    # Seen in life though not described: a null where a track has gone.
    described = copy.deepcopy(answer)
    described["tracks"]["items"] = [track for track in answer["tracks"]["items"] if track]
    check(description, "/search", 200, described)


@pytest.mark.parametrize("offset", [0, 90])
def test_a_search_for_playlists_is_as_described(
    fake: FakeSpotify, bearer: dict[str, str], description: dict[str, Any], offset: int
) -> None:
    answer = get(
        fake, bearer, "/search", q="sad", type="playlist", market="IN", limit=10, offset=offset
    ).json()
    items = answer["playlists"]["items"]
    # Seen in life though not described: a null for each playlist of Spotify's own.
    assert None in items
    described = copy.deepcopy(answer)
    described["playlists"]["items"] = [playlist for playlist in items if playlist]
    check(description, "/search", 200, described)
    schema = description["components"]["schemas"]["SimplifiedPlaylistObject"]
    assert all(playlist.keys() <= schema["properties"].keys() for playlist in items if playlist)


def test_a_search_for_years_finds_mostly_those(fake: FakeSpotify, bearer: dict[str, str]) -> None:
    q = "sad year:1990-1999"
    answer = get(fake, bearer, "/search", q=q, type="track", limit=10, offset=20).json()
    albums = [item["album"] for item in answer["tracks"]["items"] if item]
    years = [int(album["release_date"][:4]) for album in albums]
    assert sum(1990 <= year <= 1999 for year in years) >= len(years) - 2


def test_the_description_is_strict_enough_to_notice(description: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(description, "/search", 200, {"tracks": {"items": []}})
    with pytest.raises(jsonschema.ValidationError):
        check(description, "/search", 401, {"error": "invalid_token"})


@pytest.mark.parametrize("header", [None, {"Authorization": "Bearer wrong"}])
def test_a_search_needs_a_token(
    fake: FakeSpotify, description: dict[str, Any], header: dict[str, str] | None
) -> None:
    answer = get(fake, header, "/search", q="x", type="track")
    assert answer.status_code == 401
    check(description, "/search", 401, answer.json())


@pytest.mark.parametrize("fault", ["401", "403", "429 absent", "429 int", "quota"])
def test_errors_are_as_described(description: dict[str, Any], fault: str) -> None:
    from tests.fakes.spotify import FaultPlan

    with FakeSpotify(plan=FaultPlan(search=fault)) as failing:
        failing.tokens.add("t")
        answer = get(failing, {"Authorization": "Bearer t"}, "/search", q="x", type="track")
    assert str(answer.status_code) == {"quota": "429"}.get(fault, fault[:3])
    check(description, "/search", answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("auth", "grant", "error"),
    [
        ((CLIENT_ID, "wrong"), "client_credentials", "invalid_client"),
        (None, "client_credentials", "invalid_client"),
        ((CLIENT_ID, CLIENT_SECRET), "password", "unsupported_grant_type"),
    ],
)
def test_a_bad_request_for_a_token(
    fake: FakeSpotify, auth: tuple[str, str] | None, grant: str, error: str
) -> None:
    answer = requests.post(f"{fake.base}/api/token", {"grant_type": grant}, auth=auth, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 11}, "Invalid limit"),
        ({"limit": 0}, "Invalid limit"),
        ({"limit": "x"}, "Invalid limit"),
        ({"offset": 1001}, "Invalid offset"),
        ({"offset": -1}, "Invalid offset"),
        ({"market": "India"}, "Invalid market code"),
        ({"type": "song"}, "Bad search type field"),
        ({"q": ""}, "No search query"),
    ],
)
def test_rules_of_the_search(
    fake: FakeSpotify, bearer: dict[str, str], query: dict[str, object], message: str
) -> None:
    answer = get(fake, bearer, "/search", **{"q": "x", "type": "track", "market": "US", **query})
    assert answer.status_code == 400
    assert answer.json() == {"error": {"status": 400, "message": message}}


def test_a_search_without_a_limit_gives_five(fake: FakeSpotify, bearer: dict[str, str]) -> None:
    tracks = get(fake, bearer, "/search", q="x", type="track").json()["tracks"]
    assert (tracks["limit"], len(tracks["items"])) == (5, 5)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/recommendations", 404),
        ("/recommendations/available-genre-seeds", 404),
        ("/audio-features", 403),
        ("/audio-features/abc", 403),
        ("/audio-analysis/abc", 403),
        ("/tracks", 403),
        ("/albums", 403),
        ("/artists", 403),
        ("/artists/abc/related-artists", 404),
        ("/browse/featured-playlists", 404),
        ("/users/abc/playlists", 403),
        ("/playlists/abc/tracks", 403),
        ("/never-was", 404),
    ],
)
def test_what_is_gone_answers_as_spotify_does(
    fake: FakeSpotify, bearer: dict[str, str], path: str, status: int
) -> None:
    answer = get(fake, bearer, path, ids="abc")
    assert answer.status_code == status
    assert answer.json()["error"]["status"] == status


def test_the_songs_have_the_gaps_of_real_ones_and_none_of_the_removed_fields(
    fake: FakeSpotify, bearer: dict[str, str]
) -> None:
    items = [
        item
        for offset in range(0, 90, 10)
        for item in get(
            fake, bearer, "/search", q="happy", type="track", limit=10, offset=offset
        ).json()["tracks"]["items"]
    ]
    tracks = [item for item in items if item is not None]
    assert 0 < len(tracks) < len(items)
    assert any(track["album"]["images"] == [] for track in tracks)
    assert len({track["external_ids"]["isrc"] for track in tracks}) < len(tracks)
    assert not any(REMOVED_FIELDS & track.keys() for track in tracks)
    assert all(track["name"].startswith("Fake Song") for track in tracks)


def test_the_same_search_gives_the_same_songs() -> None:
    def songs() -> Any:  # noqa: ANN401
        with FakeSpotify() as one:
            one.tokens.add("t")
            answer = get(one, {"Authorization": "Bearer t"}, "/search", q="x", type="track")
            return [item and item["id"] for item in answer.json()["tracks"]["items"]]

    assert songs() == songs()

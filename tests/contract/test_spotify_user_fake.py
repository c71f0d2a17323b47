"""The visitor's part of the fake Spotify against Spotify's own description."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import requests

from tests.contract.test_spotify_fake import OPENAPI, as_json_schema, description
from tests.fakes.spotify import CLIENT_ID, FakeSpotify

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["description"]

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
REDIRECT = "http://127.0.0.1:8501/"
ALL = "playlist-modify-private user-modify-playback-state user-top-read"
URI = f"spotify:track:{'a' * 22}"
QUESTION = {
    "client_id": CLIENT_ID,
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "code_challenge_method": "S256",
    "code_challenge": CHALLENGE,
    "scope": ALL,
    "state": "some-state",
}
# What each request is in the description, and what it is answered.
REQUESTS: dict[str, tuple[str, str, dict[str, Any], str | None]] = {
    "me": ("GET", "/me", {}, None),
    "create": ("POST", "/me/playlists", {"json": {"name": "x"}}, "playlist-modify-private"),
    "add": ("POST", "/playlists/{playlist_id}/items", {"json": {"uris": [URI]}},
            "playlist-modify-private"),
    "play": ("PUT", "/me/player/play", {"json": {"uris": [URI]}}, "user-modify-playback-state"),
    "queue": ("POST", "/me/player/queue", {"params": {"uri": URI}}, "user-modify-playback-state"),
    "top": ("GET", "/me/top/{type}", {}, "user-top-read"),
}  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


def consent(fake: FakeSpotify, **changed: str) -> requests.Response:
    return requests.get(f"{fake.base}/authorize", {**QUESTION, **changed}, timeout=5)


def pressed(page: str, button: str) -> dict[str, str]:
    link = re.search(f'id="{button}" href="([^"]+)"', page)
    assert link is not None
    address = unescape(link[1])
    assert address.startswith(f"{REDIRECT}?")
    return {key: value for key, (value,) in parse_qs(urlsplit(address).query).items()}


def exchange(fake: FakeSpotify, code: str, **changed: str) -> requests.Response:
    words = {
        "client_id": CLIENT_ID,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changed,
    }
    return requests.post(f"{fake.base}/api/token", words, timeout=5)


def tokens(fake: FakeSpotify, scope: str = ALL) -> dict[str, Any]:
    answer = exchange(fake, pressed(consent(fake, scope=scope).text, "agree")["code"])
    assert answer.status_code == 200
    words: dict[str, Any] = answer.json()
    return words


def send(fake: FakeSpotify, name: str, token: str | None, **what: object) -> requests.Response:
    method, path, usual, _ = REQUESTS[name]
    if name == "add":
        path = path.format(playlist_id=next(iter(fake.user.playlists), "none"))
    header = {} if token is None else {"Authorization": f"Bearer {token}"}
    address = f"{fake.base}/v1{path.format(type='artists')}"
    words: dict[str, Any] = {**usual, **what}
    return requests.request(method, address, headers=header, timeout=5, **words)


def check(description: dict[str, Any], name: str, answer: requests.Response) -> None:
    method, path, _, _ = REQUESTS[name]
    reply = description["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in reply:
        reply = description["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
    if "content" not in reply:
        assert answer.content == b""
        return
    schema = reply["content"]["application/json"]["schema"]
    whole = {**schema, "components": description["components"]}
    jsonschema.Draft4Validator(whole).validate(answer.json())


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_are_as_described(
    fake: FakeSpotify, description: dict[str, Any], name: str
) -> None:
    token = tokens(fake)["access_token"]
    created = send(fake, "create", token)
    assert created.status_code == 201
    answer = send(fake, name, token)
    assert answer.ok
    check(description, name, answer)


@pytest.mark.parametrize("name", REQUESTS)
def test_refusals_are_as_described(
    fake: FakeSpotify, description: dict[str, Any], name: str
) -> None:
    for token in (None, "wrong"):
        answer = send(fake, name, token)
        assert answer.status_code == 401
        check(description, name, answer)
    scope = REQUESTS[name][3]
    if scope is None:
        return
    others = " ".join(one for one in ALL.split() if one != scope)
    answer = send(fake, name, tokens(fake, others)["access_token"])
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "Insufficient client scope"
    check(description, name, answer)


@pytest.mark.parametrize("name", ["create", "add", "play"])
def test_what_is_sent_is_as_described(description: dict[str, Any], name: str) -> None:
    method, path, usual, _ = REQUESTS[name]
    body = description["paths"][path][method.lower()]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    jsonschema.Draft4Validator(schema).validate(usual["json"])


@pytest.mark.parametrize("name", REQUESTS)
def test_the_scopes_are_those_of_the_description(name: str) -> None:
    if not OPENAPI.exists():
        pytest.skip("Spotify's OpenAPI description does not lie beside this checkout")
    import yaml

    document = as_json_schema(yaml.safe_load(OPENAPI.read_text(encoding="utf-8")))
    method, path, _, scope = REQUESTS[name]
    (security,) = document["paths"][path][method.lower()]["security"]
    assert scope is None or scope in security["oauth_2_0"]


def test_agreeing_and_cancelling_lead_back_with_the_state(fake: FakeSpotify) -> None:
    page = consent(fake).text
    assert set(pressed(page, "agree")) == {"code", "state"}
    assert pressed(page, "agree")["state"] == "some-state"
    assert pressed(page, "cancel") == {"error": "access_denied", "state": "some-state"}
    for scope in ALL.split():
        assert scope in page


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"redirect_uri": "http://localhost:8501/"},
        {"redirect_uri": "http://example.org/"},
        {"redirect_uri": ""},
    ],
)
def test_a_bad_question_is_not_put(fake: FakeSpotify, changed: dict[str, str]) -> None:
    assert consent(fake, **changed).status_code == 400


def test_tokens_are_as_spotifys(fake: FakeSpotify) -> None:
    words = tokens(fake, "user-top-read")
    expected = {"access_token", "token_type", "scope", "expires_in", "refresh_token"}
    assert words.keys() == expected
    assert (words["token_type"], words["scope"]) == ("Bearer", "user-top-read")


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "made-up"},
        {"code_verifier": "w" * 64},
        {"redirect_uri": "http://127.0.0.1:9999/"},
        {"client_id": "other"},
    ],
)
def test_a_code_is_given_tokens_for_once_and_to_its_owner(
    fake: FakeSpotify, changed: dict[str, str]
) -> None:
    code = pressed(consent(fake).text, "agree")["code"]
    answer = exchange(fake, **{"code": code, **changed})
    assert answer.status_code == 400
    error = "invalid_client" if "client_id" in changed else "invalid_grant"
    assert answer.json()["error"] == error
    code = pressed(consent(fake).text, "agree")["code"]
    assert [exchange(fake, code).status_code for _ in range(2)] == [200, 400]


def test_a_refresh_token_serves_once_and_until_it_is_revoked(fake: FakeSpotify) -> None:
    def renew(token: str) -> requests.Response:
        words = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID}
        return requests.post(f"{fake.base}/api/token", words, timeout=5)

    first = tokens(fake)["refresh_token"]
    second = renew(first).json()["refresh_token"]
    assert renew(first).json()["error"] == "invalid_grant"
    fake.user.revoked = True
    assert renew(second).json() == {
        "error": "invalid_grant",
        "error_description": "Refresh token revoked",
    }


def test_at_most_a_hundred_items_a_request(fake: FakeSpotify) -> None:
    token = tokens(fake)["access_token"]
    send(fake, "create", token)
    assert send(fake, "add", token, json={"uris": [URI] * 100}).status_code == 201
    for uris in ([URI] * 101, [], ["spotify:album:x"], "text"):
        assert send(fake, "add", token, json={"uris": uris}).status_code == 400
    (playlist,) = fake.user.playlists.values()
    assert len(playlist.uris) == 100


def test_an_unknown_playlist_and_a_nameless_one(fake: FakeSpotify) -> None:
    token = tokens(fake)["access_token"]
    assert send(fake, "add", token).status_code == 404
    assert send(fake, "create", token, json={}).status_code == 400
    send(fake, "create", token, json={"name": "x", "public": False})
    assert [one.public for one in fake.user.playlists.values()] == [False]


@pytest.mark.parametrize("name", ["play", "queue"])
def test_the_players_own_refusals(fake: FakeSpotify, name: str) -> None:
    token = tokens(fake)["access_token"]
    fake.user.has_device = False
    answer = send(fake, name, token)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "NO_ACTIVE_DEVICE")
    fake.user.has_premium = False
    answer = send(fake, name, token)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "PREMIUM_REQUIRED")


def test_the_apps_own_token_is_no_visitors(fake: FakeSpotify) -> None:
    fake.tokens.add("app-token")
    assert send(fake, "me", "app-token").status_code == 401

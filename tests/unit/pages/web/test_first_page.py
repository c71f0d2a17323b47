"""Streamlit's document becomes ours: its language, head and colours; all else passes as it is."""

from __future__ import annotations

import gzip
import json
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from streamlit import file_util

from pages.ui.visitor import language
from pages.ui.web import first_page
from pages.ui.web.first_page import FirstPage
from recommender.wording import LANGUAGES, PSEUDO
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from starlette.types import Message, Scope

DOCUMENT = Path(file_util.get_static_dir()) / "index.html"
OTHER = "<title>Streamlit</title>"


def packed(_: object) -> Response:
    return HTMLResponse(gzip.compress(DOCUMENT.read_bytes()), headers={"Content-Encoding": "gzip"})


APP = Starlette(
    routes=[
        Route("/", lambda _: FileResponse(DOCUMENT), methods=["GET", "POST"]),
        Route("/library", packed),
        Route("/nowhere", lambda _: FileResponse(DOCUMENT)),
        Route("/no/where/", packed),
        Route("/other", lambda _: HTMLResponse(OTHER, headers={"ETag": "kept"})),
        *first_page.routes("/moodring"),
    ],
    middleware=[Middleware(FirstPage)],
)


def ask(
    path: str, query: str = "", method: str = "GET", **headers: str
) -> tuple[int, Headers, bytes]:
    """Return status, headers and body of an answer."""
    sent: list[Message] = []

    async def note(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope: Scope = {
        "type": "http",
        # An older server's answers would wait for the browser to go.
        "asgi": {"spec_version": "2.4"},
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").casefold().encode(), text.encode())
            for name, text in headers.items()
        ],
    }
    run_apart(APP(scope, nothing, note))
    start, *parts = sent
    body = b"".join(part["body"] for part in parts)
    return start["status"], Headers(raw=start["headers"]), body


@pytest.mark.parametrize("path", ["/", "/library"])
def test_the_document_has_our_head(path: str) -> None:
    _, headers, body = ask(path)
    said = body.decode()
    assert headers["content-length"] == f"{len(body)}"
    assert "content-encoding" not in headers
    light, dark = first_page.grounds()
    assert "<title>Moodring</title>" in said
    assert '<html lang="en" dir="ltr">' in said
    assert '<link rel="manifest" href="./moodring/manifest.webmanifest"' in said
    for mode, colour in (("light", light), ("dark", dark)):
        assert f'content="{colour}" media="(prefers-color-scheme: {mode})"' in said
    assert f"light-dark({light}, {dark})" in said
    assert "favicon.png" not in said
    assert said.count("<noscript>") == 1
    assert "Streamlit app" not in said
    # For the time when the server is gone, in each language.
    words = json.loads(unescape(said.split('data-words="')[1].split('"')[0]))
    assert list(words) == [*LANGUAGES, PSEUDO]
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("query", "headers", "shown"),
    [
        ("", {"Accept_Language": "ar-EG,en;q=0.5"}, 'lang="ar" dir="rtl"'),
        ("", {"Accept_Language": "tlh, ja;q=0.2"}, 'lang="ja" dir="ltr"'),
        ("", {"Accept_Language": "ar", "Cookie": f"{language.COOKIE}=de"}, 'lang="de" dir="ltr"'),
        ("interface=hi", {"Cookie": f"{language.COOKIE}=de"}, 'lang="hi" dir="ltr"'),
        ("interface=%22%3E%3Cscript", {}, 'lang="en" dir="ltr"'),
    ],
)
def test_its_language_is_that_of_the_browser_that_asks(
    query: str, headers: dict[str, str], shown: str
) -> None:
    _, told, body = ask("/", query, **headers)
    assert f"<html {shown}>" in body.decode()
    assert told["content-language"] in shown


def test_it_is_never_taken_from_the_browsers_cache_of_streamlits_own() -> None:
    asked = {"Accept": "text/html", "If_None_Match": "kept", "Range": "bytes=0-9"}
    status, headers, body = ask("/", **asked)
    assert status == 200
    assert b"Moodring" in body
    assert not {"etag", "last-modified"} & set(headers)


@pytest.mark.parametrize(
    ("path", "query", "home"),
    [("/nowhere", "mood=happy", "./?mood=happy"), ("/no/where/", "", "./../../")],
)
def test_an_address_without_a_page_leads_to_the_first_one(path: str, query: str, home: str) -> None:
    status, headers, _ = ask(path, query)
    assert (status, headers["location"]) == (307, home)


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("/mood", None),
        ("/mood/", None),
        ("/mood/history", None),
        ("/mood/nowhere", "./"),
        ("/mood/no/where", "./../"),
    ],
)
def test_below_a_prefix_the_first_page_is_there(
    monkeypatch: pytest.MonkeyPatch, path: str, home: str | None
) -> None:
    monkeypatch.setattr(first_page.st, "get_option", lambda _: "/mood")
    assert first_page.home_of(path) == home


def test_another_document_and_another_method_pass() -> None:
    _, headers, body = ask("/other")
    assert (body.decode(), headers["etag"]) == (OTHER, "kept")
    assert b"<title>Streamlit</title>" in ask("/", method="POST")[2]


def test_the_manifest_names_pictures_that_are_there() -> None:
    _, headers, body = ask("/moodring/manifest.webmanifest")
    assert headers["content-type"] == "application/manifest+json"
    told = json.loads(body)
    assert {told["name"], told["display"], told["start_url"]} == {"Moodring", "standalone", "../"}
    pictures = {(one["sizes"], one["purpose"]): one["src"] for one in told["icons"]}
    assert set(pictures) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for (size, _), source in pictures.items():
        # A PNG's first chunk tells its width and height.
        picture = ask(f"/moodring/{source.removeprefix('./')}")[2]
        sides = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
        assert "x".join(map(str, sides)) == size
    assert ask("/moodring/icons/touch-180.png")[0] == 200


@pytest.mark.parametrize("name", ["nothing", "..\\ring", "../../ring"])
def test_no_other_file_is_given(name: str) -> None:
    assert ask(f"/moodring/icons/{name}.png")[0] == 404

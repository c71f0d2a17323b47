"""`python -m recommender songs` as a listener starts it, against the fake Spotify over HTTP."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from recommender.__main__ import main
from recommender.catalogue.starter import STARTER, read_songs
from recommender.commands import songs
from tests.busy import LATE_S
from tests.fakes.commands import call, lines, run_command
from tests.fakes.spotify import FakeSpotify, FaultPlan
from tests.fakes.subsonic import FakeSubsonic, song
from tests.said import said

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parents[2]
# No command takes so long, however busy the machine; without it a hanging one would hold the tests.
PATIENCE_S = 60.0
KEYS = {"source", "title", "artists", "open_url", "fallback_url", "art_url", "why"}
HAPPY = ["songs", "--emotion", "happy", "--count", "4"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def command(
    data_dir: Path, *arguments: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return run_command(
        "recommender", data_dir, *arguments, timeout=PATIENCE_S, environ=environ or {}
    )


def test_without_a_key_the_catalogue_answers(data_dir: Path) -> None:
    done = command(data_dir, *HAPPY, "--json")
    tiles = lines(done)
    assert len(tiles) == 4
    assert done.stderr == ""
    for tile in tiles:
        assert set(tile) == KEYS
        assert tile["source"] == "catalogue"
        assert tile["artists"]
        assert urlsplit(tile["open_url"]).netloc == "open.spotify.com"
        assert urlsplit(tile["fallback_url"]).netloc == "www.youtube.com"
        assert tile["art_url"] is None
        assert tile["why"].startswith(("bright", "euphoric"))


def test_with_a_key_spotify_answers(data_dir: Path) -> None:
    with FakeSpotify() as fake:
        asked = [*HAPPY, "--language", "tamil", "--artist", "A. R. Rahman", "--json"]
        tiles = lines(command(data_dir, *asked, environ=fake.environ))
        assert [tile["source"] for tile in tiles] == ["spotify"] * 4
        assert {tile["why"] for tile in tiles} == {
            f"found for “happy” · {year} · Tamil" for year in (1977, 1978, 1998, 2018)
        }
        assert all("/track/" in tile["open_url"] for tile in tiles)
        assert {asked.query["market"] for asked in fake.searches} == {"IN"}


@pytest.fixture(scope="module")
def start_up(data_dir: Path) -> float:
    """Seconds of the command when Spotify answers at once."""
    with FakeSpotify() as fake:
        start = time.monotonic()
        lines(command(data_dir, *HAPPY, "--json", environ=fake.environ))
        return time.monotonic() - start


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["stall", "drip of headers"])
def test_a_stalling_spotify_costs_three_seconds_and_one_sentence(
    data_dir: Path, start_up: float, fault: str
) -> None:
    with FakeSpotify(plan=FaultPlan(search=fault)) as fake:
        start = time.monotonic()
        *tiles, notice = lines(command(data_dir, *HAPPY, "--json", environ=fake.environ))
        # Twice, because no two starts of Python take the same time on a busy machine.
        assert time.monotonic() - start < 2 * start_up + 3 + LATE_S
    assert [tile["source"] for tile in tiles] == ["catalogue"] * 4
    assert notice == {
        "notice": "Spotify did not answer in time. These songs come from Moodring's own catalogue."
    }


def test_the_owners_music_server_is_asked_and_missed_when_it_is_down(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeSubsonic([song(number, moods=["happy"]) for number in range(3)]) as fake:
        asked = partial(call, main, data_dir, *HAPPY, "--json", environ=fake.environ)
        tiles = lines(asked())
        assert {tile["source"] for tile in tiles} <= {"server", "catalogue"}
        assert any(tile["title"].startswith("Fake Song") for tile in tiles)
        # Nothing is heard or told for a list of songs.
        assert set(fake.methods()) <= {"ping", "search3"}
        for fault, said_of_it in (("500", "server-out-of-order"), ("stall", "server-late")):
            monkeypatch.setattr(songs, "LISTING_S", 0.1)
            fake.fault = fault
            *tiles, notice = lines(asked())
            assert [tile["source"] for tile in tiles] == ["catalogue"] * 4
            assert notice["notice"].startswith(said(said_of_it))


def test_a_bad_key_is_said_and_never_shown(data_dir: Path) -> None:
    with FakeSpotify() as fake:
        environ = {**fake.environ, "SPOTIPY_CLIENT_SECRET": "canary"}
        done = command(data_dir, *HAPPY, "--json", environ=environ)
        *tiles, notice = lines(done)
        assert [tile["source"] for tile in tiles] == ["catalogue"] * 4
        assert notice["notice"].startswith("Spotify does not accept the key. ")
        assert "canary" not in done.stdout + done.stderr
        assert fake.searches == []


def test_a_mood_can_be_given_as_a_point(data_dir: Path) -> None:
    asked = ["songs", "--valence", "-0.6", "--energy", "0.3", "--goal", "calm", "--json"]
    tiles = lines(command(data_dir, *asked))
    # A way from there to calm, step by step.
    steps = [tile["why"].split(".")[0] for tile in tiles]
    assert steps == [str(step) for step in range(1, len(tiles) + 1)]
    assert tiles[0]["why"].startswith("1. gloomy")
    assert f"{len(tiles)}. calm" in tiles[-1]["why"]


def test_languages_can_come_first(data_dir: Path) -> None:
    asked = ["songs", "--emotion", "happy", "--languages-first", "german, Tamil", "--json"]
    why = [tile["why"] for tile in lines(command(data_dir, *asked))]
    assert len(why) == 12
    assert sum("· German" in line or "· Tamil" in line for line in why) == 7
    assert sum("· English" in line for line in why) == 3
    assert sum("· in " in line for line in why) == 2


def test_a_mood_and_wishes_can_be_given_in_words(data_dir: Path) -> None:
    words = "traurig, Rock aber kein Metal, nichts aus den Neunzigern, Plumps"
    done = command(data_dir, "songs", "--words", words, "--words-language", "de", "--json")
    rows = read_songs(STARTER.read_bytes())
    genres = {(row.title, row.artists[0]): row.genre for row in rows}
    heard = [genres[tile["title"], tile["artists"][0]] for tile in lines(done)]
    assert any("rock" in genre for genre in heard)
    assert not any("metal" in genre for genre in heard)
    assert done.stderr.splitlines() == [
        "mood: sad (traurig)",
        "genres: rock (Rock)",
        "not_genres: metal (Metal)",
        "not_decades: 1990 (Neunzigern)",
        "Not understood: Plumps.",
    ]


def test_words_without_a_mood_go_with_one_that_is_given(data_dir: Path) -> None:
    asked = ["songs", "--words", "jazz", "--count", "1", "--json"]
    (neutral,), (sad,) = (
        lines(command(data_dir, *asked, *mood)) for mood in ((), ("--emotion", "sad"))
    )
    assert neutral["title"] != sad["title"]


def test_a_cry_for_help_gets_a_kind_sentence_and_no_songs(data_dir: Path) -> None:
    done = command(data_dir, "songs", "--words", "play metal, I want to kill myself", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{said('words-help')}\n"


def test_words_are_read_when_the_catalogue_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = command(tmp_path / "file" / "folder", "songs", "--words", "sad", "--json")
    assert done.returncode == 1
    assert done.stderr == "mood: sad (sad)\n"


def test_people_get_a_readable_list_and_the_notice_beside_it(data_dir: Path) -> None:
    with FakeSpotify(plan=FaultPlan(search="502")) as fake:
        done = command(data_dir, *HAPPY, environ=fake.environ)
    assert done.returncode == 0
    assert done.stdout.count("Open on Spotify: https://open.spotify.com/search/") == 4
    assert done.stderr.startswith("Spotify is out of order. ")


def test_a_terminal_without_the_letters_ends_nothing(data_dir: Path) -> None:
    done = command(data_dir, *HAPPY, environ={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = command(tmp_path / "file" / "folder", *HAPPY, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "notice": "The song catalogue on this machine cannot be used."
    }


def test_a_bad_argument_ends_the_command_with_2(data_dir: Path) -> None:
    done = command(data_dir, "songs", "--emotion", "hungry")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "Usage"),
        ("songs", "--emotion"),
        ("songs --emotion sad --valence 0.5", "either"),
        ("songs --valence 0.5", "both"),
        ("songs --valence nan --energy 0.5", "finite"),
        ("songs --valence x --energy 0.5", "--valence"),
        ("songs --valence 1.5 --energy 0.5", "--valence"),
        ("songs --valence 0 --energy -0.1", "--energy"),
        ("songs --emotion sad --count 0", "--count"),
        ("songs --emotion sad --count 31", "--count"),
        ("songs --emotion sad --count many", "--count"),
        ("songs --emotion sad --goal sleepy", "--goal"),
        ("songs --emotion sad --decade 1955", "--decade"),
        (f"songs --emotion sad --artist {'x' * 101}", "artist"),
        ("songs --emotion sad" + 11 * " --artist x", "artists"),
    ],
)
def test_bad_arguments_are_refused(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOODRING_SPOTIFY_API", "https://example.org")
    assert main(HAPPY) == 2
    assert "MOODRING_SPOTIFY_API" in capsys.readouterr().err

"""The Listen page without a browser: what it says, lights and asks for."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import about, resources
from pages.ui.listen import goals, modes
from pages.ui.plain import plain
from recommender.mood import FEELINGS
from recommender.settings import settings_from
from recommender.types import Mood
from recommender.wording import SENTENCES
from tests.fakes.cloudflare import FakeCloudflare
from tests.fakes.visits import PROJECT, TOKEN, fed, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.visits import Visit


@pytest.fixture(autouse=True)
def offered(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A visitor, and two languages and artists to wish for."""
    names = SimpleNamespace(languages=lambda: ["English", "Tamil"], artists=lambda: ["A", "B"])
    monkeypatch.setattr(resources, "_wired", lambda: SimpleNamespace(catalogue=names))
    resources.offered_names.clear()
    yield visit
    resources.offered_names.clear()


def new_page() -> AppTest:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"], page.session_state["listener-kept"] = TOKEN, True
    return page


def opened(**state: object) -> AppTest:
    page = new_page()
    for name, value in state.items():
        page.session_state[name.replace("_", "-")] = value
    return run(page)


def markup(page: AppTest, mark: str) -> list[str]:
    """What the page draws by itself and holds this mark."""
    return [one.proto.body for one in page.get("html") if mark in one.proto.body]


def press_chip(page: AppTest, emotion: str) -> AppTest:
    page.button_group(key="chip").set_value(emotion)
    return run(page)


def test_a_mood_lights_this_page_and_the_next() -> None:
    page = opened(way="by-hand")
    assert markup(page, "{--mr-m1:") == []
    press_chip(page, "sad")
    assert fed(page)["light"] == "sad"
    (lit,) = markup(run(page.switch_page("pages/about.py")), "{--mr-m1:")
    assert all(f"--mr-m{number}:var(--mr-sad-{number})" in lit for number in (1, 2, 3))


@pytest.mark.parametrize("name", ["", "about", "history", "library", "catalogue"])
def test_each_page_has_one_heading_of_the_first_level(name: str) -> None:
    page = opened()
    if name:
        run(page.switch_page(f"pages/{name}.py"))
    assert len(markup(page, "<h1")) == 1
    assert not any(re.search(r"^# ", text.value, re.MULTILINE) for text in page.markdown)


def test_the_rate_of_the_last_minutes_is_drawn_once_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = run(opened().switch_page("pages/about.py"))
    monkeypatch.setattr(about, "HISTORY", SimpleNamespace(last=list))
    assert markup(run(page), "mr-frames") == []
    monkeypatch.setattr(about, "HISTORY", SimpleNamespace(last=lambda: [0, 12, 1_040, 3]))
    (drawn,) = markup(run(page), "mr-frames")
    assert "<span>1,040</span>" in drawn
    assert "Analysed frames a second" in drawn
    picture = base64.b64decode(drawn.split("base64,")[1].split('"')[0]).decode()
    assert 'points="0,1040 0,1040 1,1028 2,0 3,1037 3,1040"' in picture


def test_the_notice_is_three_sentences_and_seven_points_in_full() -> None:
    page = opened()
    (three,) = markup(page, '<ul class="mr-three"')
    (points,) = markup(page, '<ol class="mr-notice"')
    assert "Before your camera opens" in three
    assert (three.count("<li"), points.count("<li")) == (3, 7)
    for said in (
        "from Start until Stop",
        "CNN + DCNN",
        "largest face",
        "WebRTC",
        "Never your face",
    ):
        assert said in points
    assert "not for use at work" in points
    assert [button.key for button in page.button[:2]] == ["agree", "no-camera"]


def test_the_notice_names_relays_and_the_camera_goes_on_without_them(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.ui.listen import camera

    asked: list[object] = []
    monkeypatch.setattr(camera, "_draw", lambda _, ends, **__: asked.append(ends.hosts))
    monkeypatch.setattr(camera, "_follow", lambda *_, **__: False)
    monkeypatch.setattr(resources, "analyser", lambda: None)
    own = {"MOODRING_TURN_URLS": "turn:own.example", "MOODRING_TURN_SECRET": "secret"}
    with FakeCloudflare(fault="502") as fake:
        visit.settings = settings_from({**own, **fake.environ})
        resources.cloudflare.clear()
        page = opened()
        (points,) = markup(page, '<ol class="mr-notice"')
        assert "turn:own.example, stun:stun.cloudflare.com and turn:turn.cloudflare.com" in points
        page.button(key="agree").click()
        run(page)
    resources.cloudflare.clear()
    assert next(one.value for one in page.caption) == plain(SENTENCES["cloudflare-failed"])
    assert asked == [{"own.example"}]


def test_a_photo_has_a_notice_of_its_own_words() -> None:
    (three,) = markup(opened(way="photo"), '<ul class="mr-three"')
    assert "Before your photo is read" in three
    assert "until Stop" not in three


def test_goals_are_five_pills_in_their_order_and_ids_in_the_address() -> None:
    page = opened(way="by-hand")
    pills = page.button_group(key="goal")
    assert [option.content for option in pills.proto.options] == list(goals.labels().values())
    assert list(goals.labels()) == ["match", "happy", "calm", "energised", "focused"]
    assert "goal" not in page.query_params
    pills.set_value("calm")
    assert run(page).query_params["goal"] == "calm"
    page.button_group(key="goal").set_value("match")
    assert run(page).query_params["goal"] == "match"


@pytest.mark.parametrize(
    ("address", "goal"),
    [
        ("focused", "focused"),
        ("take me to calm", "calm"),
        ("match my mood", "match"),
        ("nowhere", "match"),
    ],
)
def test_the_address_is_read_also_an_earlier_one_and_one_of_nonsense(
    address: str, goal: str
) -> None:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["way"] = "by-hand"
    page.query_params["goal"] = address
    assert run(page).session_state["goal"] == goal


def test_a_chip_fetches_songs_at_once_and_the_last_ones_come_back() -> None:
    page = press_chip(opened(way="by-hand"), "happy")
    happy = page.session_state["playing"]
    assert happy.mood == Mood(*FEELINGS["happy"])
    assert "previous-songs" not in [button.key for button in page.button]
    press_chip(page, "calm")
    calm = page.session_state["playing"]
    assert calm.mood == Mood(*FEELINGS["calm"])
    for expected in (happy, calm):
        page.button(key="previous-songs").click()
        assert run(page).session_state["playing"] == expected
    # With another wish, they would not be what is wished.
    page.slider(key="count").set_value(6)
    assert "previous-songs" not in [button.key for button in run(page).button]


@pytest.mark.parametrize("feeling", modes.CHIPS)
def test_a_hand_is_held_out_after_a_low_mood_only(feeling: str) -> None:
    page = press_chip(opened(way="by-hand"), feeling)
    lifts = [button.key for button in page.button if str(button.key).startswith("lift-")]
    assert bool(lifts) == (feeling in {"sad", "angry", "fear"})
    if lifts:
        page.button(key="lift-happy").click()
        run(page)
        assert page.session_state["playing"].preferences.goal == "happy"
        assert "lift-happy" not in [button.key for button in page.button]


def test_what_stands_in_the_address_is_there_after_a_reload() -> None:
    page = new_page()
    address = {
        "way": "by-hand",
        "mood": "sad",
        "language": ["Tamil", "Klingon"],
        "artist": ["B", " ", "Nobody", "B"],
        "decade": ["1990s", "1890s"],
        "count": "8",
        "clean": "true",
    }
    for name, value in address.items():
        page.query_params[name] = value
    playing = run(page).session_state["playing"]
    assert playing.mood == Mood(*FEELINGS["sad"])
    wishes = playing.preferences
    assert (wishes.languages, wishes.artists) == (("Tamil",), ("B", "Nobody"))
    assert (wishes.decades, wishes.count, wishes.no_explicit) == ((1990,), 8, True)
    assert page.query_params["language"] == "Tamil"
    # A filter that opens after another run is told its value, too.
    run(page)
    filters = (page.slider(key="count"), page.multiselect(key="language"))
    assert all(one.proto.set_value for one in filters)
    # It is the same in each language of the page, and says nothing of what is usual.
    page.multiselect(key="language").set_value([])
    page.slider(key="count").set_value(12)
    page.toggle(key="clean").set_value(False)
    run(page)
    assert {"language", "count", "clean"}.isdisjoint(page.query_params)
    assert page.query_params["mood"] == "sad"


@pytest.mark.parametrize("count", ["x", "3", "31", "٨x", "9" * 400, "-8"])
def test_a_number_of_nonsense_in_the_address_is_the_usual_one(count: str) -> None:
    page = new_page()
    page.query_params["count"] = count
    page.query_params["way"] = "nowhere"
    assert run(page).session_state["count"] == 12
    assert page.session_state["way"] == modes.CAMERA


def run_late(page: AppTest, ending: str, press: Callable[[AppTest], object]) -> AppTest:
    """Press, and run once more with the state of a widget that the press took off the page."""
    (former,) = (
        state for state in page._tree.get_widget_states().widgets if state.id.endswith(ending)
    )
    press(page)
    late = run(page)._tree.get_widget_states()
    late.widgets.append(former)
    return page._run(late)


def test_a_late_word_of_the_former_choice_does_not_bring_it_back() -> None:
    page = run_late(opened(), "-way-0", lambda page: page.button(key="no-camera").click())
    assert page.session_state["way"] == modes.BY_HAND


def test_a_late_word_of_the_chips_asks_for_nothing() -> None:
    page = press_chip(opened(way="by-hand"), "sad")
    run_late(page, "-chip", lambda page: page.button_group(key="way-0").set_value("photo"))
    assert page.session_state["way"] == modes.PHOTO
    assert "play" not in page.session_state or not page.session_state["play"]


def test_every_feeling_can_be_picked() -> None:
    assert set(modes.CHIPS) == set(FEELINGS)

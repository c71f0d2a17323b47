"""Ring, face, word, bars and live region, as drawn in a browser from one small object alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from detectors.types import EMOTIONS, SURE_FROM, EmotionScores
from pages.ui.js import script
from pages.ui.listen import ring

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

SAY_EVERY_MS, FACELESS_MS = (
    int(number) for number in re.findall(r"const [A-Z]+(?:_[A-Z]+)*_MS = (\d+)", script("ring"))
)
PAGE = """
    <div class="st-key-ring" style="width: 400px; position: relative"></div><main>{html}</main>
    <style>.mr-face {{ position: absolute; top: 0; width: 400px; aspect-ratio: 1 }}
    .corners, .tag {{ position: absolute }}</style>
    <script type="module">
      const ring = await import("data:text/javascript," + encodeURIComponent({ring}));
      const feed = await import("data:text/javascript," + encodeURIComponent({feed}));
      window.draw = (data) =>
        ring.default({{ parentElement: document.querySelector("main"), data }});
      window.feed = (data) => feed.default({{ data }});
      window.ready = true;
    </script>
"""
MIXED = EmotionScores(
    **dict(zip(EMOTIONS, (0.05, 0.0, 0.0, 0.75, 0.1, 0.0, 0.1), strict=True)), contempt=0.0
)


class Drawn:
    """The component in an empty page, whose clock stands still."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        given: dict[str, Any] = {}
        monkeypatch.setattr(ring, "_reading", lambda key, data: given.update({key: data}))
        monkeypatch.setattr(ring, "_feed", lambda key, data: given.update({key: data}))
        self._given = given
        html = ring.HTML
        texts = {"ring": json.dumps(script("ring")), "feed": json.dumps(script("feed"))}
        page.clock.install(time=0)
        page.set_content(PAGE.format(html=html, **texts))
        page.wait_for_function("window.ready")
        page.clock.pause_at(1000)
        self.draw()

    def draw(self, *, looks: bool = True) -> None:
        ring.draw(looks=looks)
        self.page.evaluate("(data) => void draw(data)", self._given[ring.READING])

    def feed(self, *seen: Any, **own: Any) -> None:  # noqa: ANN401 - as `ring.feed` has them
        ring.feed(*seen, **own)
        self.page.evaluate("(data) => void feed(data)", self._given[ring.FEED])

    def text(self, name: str) -> str:
        return self.page.locator(name).first.inner_text()

    def said(self) -> str:
        return self.page.locator("[role=status]").text_content() or ""


@pytest.fixture
def drawn(open_browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> Drawn:
    return Drawn(open_browser().new_page(), monkeypatch)


def test_a_sure_reading_names_the_mood_everywhere(drawn: Drawn) -> None:
    word = drawn.page.locator(".mr-label").element_handle()
    drawn.feed("looking")
    drawn.feed("sure", MIXED, "happy", (0.4, 0.5, 0.2, 0.25))
    shown = drawn.page.locator(".st-key-ring")
    expect(shown).to_have_attribute("data-state", "sure")
    expect(shown).to_have_attribute("data-mood", "happy")
    assert drawn.text(".st-key-mood-label") == "happy"
    assert drawn.text(".tag") == "happy"
    assert word.is_visible(), "nodes stay"
    lights = drawn.page.evaluate("document.documentElement.style.getPropertyValue('--mr-m2')")
    assert lights == "var(--mr-happy-2)"
    arcs = shown.evaluate("(node) => node.style.getPropertyValue('--mr-arcs')")
    ends = [float(end) for end in re.findall(r"([\d.]+)deg[,)]", arcs)]
    assert len(ends) == len(EMOTIONS)
    assert ends[-1] == pytest.approx(360)
    assert ends[3] - ends[2] == pytest.approx(270)


def test_the_box_lies_over_the_face_in_the_round_cut_from_the_picture(drawn: Drawn) -> None:
    drawn.feed("sure", MIXED, "happy", (0.5, 0.5, 0.15, 0.2))
    box = drawn.page.locator(".corners").bounding_box()
    mirror = drawn.page.locator(".st-key-ring").bounding_box()
    assert box is not None
    assert mirror is not None
    # The picture is a third wider than the mirror.
    assert box["x"] - mirror["x"] == pytest.approx(200, abs=2)
    assert box["y"] - mirror["y"] == pytest.approx(200, abs=2)
    assert (box["width"], box["height"]) == (pytest.approx(80, abs=2), pytest.approx(80, abs=2))
    # A camera that looks away from the visitor shows no mirror.
    drawn.page.locator(".st-key-ring").evaluate("ring => ring.dataset.facing = 'environment'")
    drawn.feed("sure", MIXED, "happy", (0.5, 0.5, 0.15, 0.2))
    turned = drawn.page.locator(".corners").bounding_box()
    assert turned is not None
    assert turned["x"] - mirror["x"] == pytest.approx(120, abs=2)
    drawn.feed("looking")
    expect(drawn.page.locator(".mr-face")).to_be_hidden()


def test_several_people_have_small_rings_and_one_word(drawn: Drawn) -> None:
    box = (0.5, 0.5, 0.1, 0.2)
    people = [{"box": box, "name": "happy"}, {"box": box, "name": None}]
    drawn.feed("sure", MIXED, "happy", people=people, together="near")
    drawn.page.clock.run_for(10)
    assert drawn.text(".mr-said") == "Together you look"
    assert drawn.text(".mr-hint >> nth=0") == ring.words()["all"]["near"]
    assert drawn.said() == "Together you look happy"
    expect(drawn.page.locator(".mr-face")).to_be_hidden()
    rings = drawn.page.locator(".mr-person")
    expect(rings).to_have_count(2)
    colours = [
        rings.nth(one).evaluate("(node) => node.style.getPropertyValue('--mr-face')")
        for one in range(2)
    ]
    assert colours == ["var(--mr-happy)", "#fff"]
    # The whole picture, four by three, lies in the round.
    place = rings.nth(0).evaluate("({ style }) => [style.left, style.top, style.width]")
    assert place == ["55%", "57.5%", "15%"]
    drawn.feed("sure", MIXED, "happy")
    expect(rings).to_have_count(0)
    assert drawn.text(".mr-said") == "You look"


def test_seven_bars_and_contempt_when_it_is_sure(drawn: Drawn) -> None:
    expect(drawn.page.locator(".mr-seven")).to_be_hidden()
    drawn.feed("sure", MIXED, "happy")
    drawn.page.locator("summary").click()
    bars = drawn.page.locator(".bar")
    expect(bars).to_have_count(len(EMOTIONS))
    expect(bars.nth(3)).to_have_text("happy75%")
    sure = EmotionScores(**MIXED.as_dict(), contempt=SURE_FROM)
    drawn.feed("sure", sure, "happy")
    expect(bars).to_have_count(len(EMOTIONS) + 1)
    drawn.feed("unsure", MIXED)
    expect(bars).to_have_count(len(EMOTIONS))
    drawn.draw(looks=False)
    expect(drawn.page.locator(".mr-seven")).to_be_hidden()


def test_a_face_is_missed_before_it_is_said_to_be_missing(drawn: Drawn) -> None:
    labels = ring.words()["labels"]
    drawn.feed("sure", MIXED, "happy")
    for state, shown in (("looking", "happy"), ("connecting", labels["connecting"])):
        drawn.feed(state)
        assert drawn.text(".st-key-mood-label") == shown
    for shown in ("looking", "faceless"):
        drawn.feed("looking")
        assert drawn.text(".st-key-mood-label") == labels[shown]
        drawn.page.clock.run_for(FACELESS_MS - 100)
        assert drawn.text(".st-key-mood-label") == labels[shown]
        drawn.page.clock.run_for(200)


def test_a_screen_reader_hears_of_the_last_change_and_not_of_each(drawn: Drawn) -> None:
    drawn.feed("sure", MIXED, "happy")
    drawn.page.clock.run_for(10)
    assert drawn.said() == "You look happy."
    for name in ("sad", "neutral", "surprise"):
        drawn.feed("sure", MIXED, name)
        drawn.page.clock.run_for(SAY_EVERY_MS / 4)
        assert drawn.said() == "You look happy."
    drawn.page.clock.run_for(SAY_EVERY_MS / 4 + 10)
    assert drawn.said() == "You look surprised."


def test_what_was_fed_before_is_drawn_and_a_mode_has_words_of_its_own(drawn: Drawn) -> None:
    drawn.feed("idle", label="Pick a mood", hint="Any.")
    drawn.draw(looks=False)
    assert drawn.text(".st-key-mood-label") == "Pick a mood"
    assert drawn.text(".mr-hint >> nth=0") == "Any."
    drawn.feed("idle", None, "calm", said="You feel", label="very calm", light="focused")
    assert drawn.text(".mr-head").split() == ["You", "feel", "very", "calm"]
    lights = drawn.page.evaluate("document.documentElement.style.getPropertyValue('--mr-m1')")
    assert lights == "var(--mr-focused-1)"


SOCKETS = """() => {
    window.sockets = [];
    window.WebSocket = class {
        static OPEN = 1;
        constructor(url) { this.url = `${url}`; this.readyState = 0; sockets.push(this); }
        close() {}
        end(code) { this.readyState = 3; this.onclose({ code }); }
    };
}"""
TAKE = """async (source) => {
    const live = await import("data:text/javascript," + encodeURIComponent(source));
    const parentElement = document.createElement("div");
    const data = { address: "http://localhost/live", turn: 0, own: {}, finds: {} };
    window.take = () => void live.default({ parentElement, data, setTriggerValue: () => null });
    take();
}"""


@pytest.mark.parametrize(("code", "opened"), [(1000, 2), (4001, 1)], ids=["ended", "replaced"])
def test_a_camera_that_starts_again_at_once_opens_its_socket_again(
    open_browser: Callable[..., Browser], code: int, opened: int
) -> None:
    page = open_browser().new_page()
    page.evaluate(SOCKETS)
    page.evaluate(TAKE, script("live"))
    page.evaluate(f"sockets[0].end({code})")
    # A run of the page with the same address: the camera's component has stayed where it was.
    page.evaluate("take()")
    page.evaluate("take()")
    assert page.evaluate("sockets.length") == opened

"""Was that right?: a press beneath a photo's reading is kept, moves the reading, and can go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from detectors.types import EMOTIONS, EmotionScores
from pages.ui import resources
from pages.ui.listen.photo import Photo
from pages.ui.visitor import browser, consent
from pages.ui.visitor.agreements import Consent
from recommender.listeners.history import History
from recommender.listeners.store import Listeners
from recommender.taste import NOBODY
from tests.fakes.visits import ME, NOW, PROJECT, TOKEN, fed, run, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.visits import Visit

# A neutral face that reads as sad.
SADLY_NEUTRAL = EmotionScores(0.02, 0, 0.03, 0, 0.5, 0, 0.45)
NEUTRAL = ("sad", 1, "neutral")
ANSWERS = ["was-right-yes", "was-right-undo", *(f"was-right-{name}" for name in EMOTIONS)]


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing to wish for."""
    names = SimpleNamespace(languages=lambda: ["English"], artists=lambda: ["A"])
    monkeypatch.setattr(resources, "_wired", lambda: SimpleNamespace(catalogue=names))
    resources.offered_names.clear()
    yield
    resources.offered_names.clear()


def open_photo(
    monkeypatch: pytest.MonkeyPatch, scores: EmotionScores | None, cookies: str = "somebody"
) -> AppTest:
    """The Listen page of who has agreed and whose photo has been read."""
    monkeypatch.setattr(browser, "key", lambda: cookies)
    monkeypatch.setattr(resources, "analyser", lambda: None)
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    agreed = Consent(consent.NOTICE_VERSION)
    if cookies:
        agreed = consent.AGREEMENTS.give(cookies, consent.NOTICE_VERSION)
    state = {"consent": agreed, "consent-seen": agreed, "way": "photo", "photo": Photo(scores)}
    for name, value in {**state, "listener-token": TOKEN, "listener-kept": True}.items():
        page.session_state[name] = value
    return run(page)


def press(page: AppTest, answer: str) -> AppTest:
    page.button(key=f"was-right-{answer}").click()
    return run(page)


def asked(page: AppTest) -> list[str]:
    return [key for one in page.button if (key := str(one.key)).startswith("was-right")]


def test_answers_are_kept_shown_and_exported_and_move_the_reading_until_all_is_deleted(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_photo(monkeypatch, SADLY_NEUTRAL)
    assert asked(page) == ANSWERS
    assert fed(page)["name"] == "sad"
    assert page.button(key="was-right-undo").disabled
    assert "Thank you." in words(press(page, "neutral"))
    press(page, "neutral")
    assert fed(page)["name"] == "neutral"
    # That was right now: the face was read as sad, and is neutral.
    press(page, "yes")
    kept = Listeners(visit.engine)
    assert kept.known(ME, NOW).corrections == {NEUTRAL: 3}
    press(page, "undo")
    assert kept.known(ME, NOW).corrections == {NEUTRAL: 2}
    assert page.button(key="was-right-undo").disabled
    count = {"read_as": "sad", "level": 1, "truly": "neutral", "times": 2}
    assert History(visit.engine).export(ME)["corrections"] == [count]
    run(page.switch_page("pages/history.py"))
    assert "Read as sad, truly neutral" in words(page)
    page.button(key="delete").click()
    run(page).button(key="history-yes").click()
    run(page)
    assert "Read as" not in words(page)
    assert kept.known(ME, NOW) is NOBODY
    assert fed(run(page.switch_page("app.py")))["name"] == "sad"


def test_one_kind_of_correction_can_be_taken_back(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Listeners(visit.engine)
    for answer in (NEUTRAL, ("sad", 3, "neutral"), ("sad", 1, "sad")):
        kept.correct(ME, answer, 2, NOW)
    page = open_photo(monkeypatch, SADLY_NEUTRAL)
    run(page.switch_page("pages/history.py"))
    page.button(key="undo-corrected-sad neutral").click()
    run(page)
    assert kept.known(ME, NOW).corrections == {("sad", 1, "sad"): 2}


def test_without_cookies_the_session_alone_remembers(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_photo(monkeypatch, SADLY_NEUTRAL, cookies="")
    press(page, "neutral")
    assert fed(page)["name"] == "neutral"
    assert Listeners(visit.engine).known(ME, NOW).corrections == {}
    press(page, "undo")
    assert fed(page)["name"] == "sad"


def test_nothing_is_asked_of_what_is_not_read(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visit
    page = open_photo(monkeypatch, None)
    # The style sheet hides what has nothing to be asked of, and a press that comes counts nothing.
    press(page, "happy")
    assert page.button(key="was-right-undo").disabled
    page.session_state["way"] = "by-hand"
    assert asked(run(page)) == []

"""Photo, the wishes, and texts from outside."""

from __future__ import annotations

import io
import re
from mimetypes import guess_type
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.driver import PATIENCE_MS, open_filter, press_until, settle
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

FORBIDDEN, TAKEN = 403, 204


@pytest.fixture
def page(open_browser: Callable[..., Browser], smiling_clip: Path) -> Page:
    return open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def open_photo(page: Page, app: str) -> None:
    page.goto(app)
    page.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click(timeout=PATIENCE_MS)


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator(".st-key-photo-input input[type=file]").set_input_files(
        {"name": name, "mimeType": guess_type(name)[0] or "", "buffer": content}
    )


def test_an_uploaded_photo_becomes_songs(
    app: str, page: Page, astronaut: NDArray[np.uint8]
) -> None:
    open_photo(page, app)
    upload(page, "me.jpg", jpeg(astronaut))
    expect(page.locator(".mr-photo .corners")).to_be_visible()
    expect(page.locator(".st-key-mood-label")).to_have_text("happy")
    expect(page.locator(".st-key-tile-7")).to_be_visible()


@pytest.mark.slow
def test_one_press_says_that_a_reading_was_right_and_moves_nothing(
    app: str, page: Page, astronaut: NDArray[np.uint8]
) -> None:
    open_photo(page, app)
    asked = page.locator(".st-key-was-right")
    expect(page.locator(".st-key-reading")).to_be_attached()
    expect(asked).to_be_hidden()
    upload(page, "me.jpg", jpeg(astronaut))
    expect(asked).to_contain_text("Was that right?")
    expect(asked).to_be_visible()
    undo = page.locator(".st-key-was-right-undo button")
    expect(undo).to_be_hidden()
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    settle(page)
    height = (asked.bounding_box() or {})["height"]
    page.locator(".st-key-was-right-yes button").click()
    expect(asked).to_contain_text("Thank you.")
    expect(undo).to_be_visible()
    assert (asked.bounding_box() or {})["height"] == height
    page.goto(f"{app}/history")
    expect(page.get_by_text("Read as happy, truly happy")).to_be_visible()


PUT = """async session => {
    const [, token] = /_streamlit_xsrf=([^;]+)/.exec(document.cookie);
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(1000)]), "me.jpg");
    const answer = await fetch(`/_stcore/upload_file/${session}/made-up`, {
        method: "PUT", headers: { "X-Xsrftoken": token }, body: form,
    });
    return answer.status;
}"""


def test_a_file_is_taken_only_while_the_page_asks_for_one(app: str, page: Page) -> None:
    sessions: list[str] = []

    def listen(message: bytes | str) -> None:
        assert isinstance(message, bytes)
        begun = ForwardMsg.FromString(message)
        if begun.WhichOneof("type") == "new_session":
            sessions.append(begun.new_session.initialize.session_id)

    page.on("websocket", lambda socket: socket.on("framereceived", listen))
    page.goto(app)
    expect(page.locator(".st-key-agree button")).to_be_visible()
    assert page.evaluate(PUT, sessions[0]) == FORBIDDEN
    page.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-photo-input input[type=file]")).to_be_attached()
    assert page.evaluate(PUT, sessions[0]) == TAKEN
    assert page.evaluate(PUT, sessions[0][::-1]) == FORBIDDEN


@pytest.mark.slow
def test_a_damaged_photo_gets_one_sentence(
    app: str, page: Page, astronaut: NDArray[np.uint8]
) -> None:
    open_photo(page, app)
    upload(page, "broken.jpg", jpeg(astronaut)[:200])
    expect(page.get_by_text("damaged")).to_be_visible()
    expect(page.locator(".mr-photo")).to_be_hidden()
    # A file of another kind is sent to nobody, and the sentence is the new one.
    upload(page, "notes.txt", b"x")
    expect(page.get_by_text(said("picture-unread-kind"))).to_be_visible()
    expect(page.get_by_text("damaged")).to_have_count(0)
    assert page.locator(".st-key-tile-0").count() == 0
    # The next one is seen, though it was here before the sentence went.
    upload(page, "me.jpg", jpeg(astronaut))
    expect(page.locator(".mr-photo .corners")).to_be_visible()


@pytest.mark.slow
def test_a_photo_taken_in_the_page(app: str, page: Page) -> None:
    open_photo(page, app)
    page.get_by_role("radio", name="Take a photo", exact=True).click(timeout=PATIENCE_MS)
    # The button is there before the camera's first picture is.
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Take a photo").click(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-mood-label")).to_have_text("happy")


def test_wishes_shape_the_songs_and_stay_in_the_address(app: str, page: Page) -> None:
    page.goto(f"{app}/?language=Tamil&count=8&goal=take+me+to+calm")
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    page.get_by_role("radio", name="angry", exact=True).click(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    assert page.locator(".st-key-tile-8").count() == 0
    steps = [re.compile(rf"^{step}\. \w+.* · Tamil( · |$)") for step in range(1, 9)]
    expect(page.locator(".st-key-tiles .why")).to_have_text(steps)
    page.locator(".st-key-clean label").click()
    page.wait_for_url("**clean=**", timeout=PATIENCE_MS)
    assert "language=Tamil" in page.url
    # The words of an earlier version become the goal's id.
    assert "goal=calm" in page.url


@pytest.mark.slow
def test_an_unknown_artist_is_let_go_and_one_line_says_so(app: str, page: Page) -> None:
    page.goto(app)
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    open_filter(page, "artist")
    artist = page.locator(".st-key-artist input")
    artist.fill("<script>alert(1)</script>")
    artist.press("Enter")
    page.wait_for_url("**artist=**", timeout=PATIENCE_MS)
    # The list of artists stays open and covers the page.
    artist.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    chip = page.get_by_role("radio", name="happy", exact=True)
    press_until(chip, page.locator(".st-key-tile-0 .why"))
    unmet = page.locator(".st-key-unmet")
    expect(unmet).to_contain_text("No songs by <script>alert(1)</script>.")
    unmet.get_by_role("button", name="Drop the artist").click()
    expect(unmet).to_have_count(0)
    page.wait_for_url(lambda address: "artist=" not in address, timeout=PATIENCE_MS)
    settle(page)
    expect(page.locator(".st-key-tile-0 .why")).to_be_visible()


@pytest.mark.slow
def test_the_pad_is_moved_by_pointer_and_by_keys(app: str, page: Page) -> None:
    page.goto(app)
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    pad = page.locator(".st-key-pad .pad")
    box = pad.bounding_box(timeout=PATIENCE_MS)
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.25)
    expect(page.locator(".st-key-mood-label")).to_have_text("happy")
    pad.focus()
    for _ in range(14):
        pad.press("ArrowLeft")
        pad.press("ArrowDown")
    expect(page.locator(".st-key-mood-label")).to_have_text("sad")

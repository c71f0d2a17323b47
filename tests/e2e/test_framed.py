"""Moodring in a frame of another site's page, as on Hugging Face's Spaces, over HTTPS."""

from __future__ import annotations

import io
import ssl
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from pages.ui.visitor.browser import COOKIE
from tests.deploy.site import PROXIES, replicas, self_signed
from tests.e2e.driver import free_port
from tests.fakes.servers import NoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
# Another site than the app's: browsers count names below localhost as sites of their own.
FRAMING = "spaces.localhost"
FLAGS = (
    "--use-fake-ui-for-media-stream",
    # As browsers do that keep no cookies of other sites but partitioned ones.
    "--test-third-party-cookie-phaseout",
)


@contextmanager
def framing(address: str, folder: Path) -> Iterator[str]:
    """Serve a page over HTTPS that frames another and its camera; give the page's address."""
    page = f'<!doctype html><iframe src="{address}" allow="camera" width="1200" height="900">'

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    certificate, key = self_signed(folder, FRAMING)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://{FRAMING}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def framed(tmp_path: Path) -> Iterator[str]:
    """The address of a page that frames the app."""
    port = free_port()
    with ExitStack() as stack:
        try:
            door = stack.enter_context(PROXIES["caddy"]([port]))
        except NoServer as error:
            pytest.skip(str(error))
        address = stack.enter_context(framing(f"{door.base}/", tmp_path))
        environ = {
            "MOODRING_FRAME_ANCESTORS": f"'self' {address.rstrip('/')}",
            "MOODRING_REDIRECT_URI": f"{door.base}/",
        }
        stack.enter_context(replicas(tmp_path, [port], **environ))
        yield address


def test_in_a_frame_it_keeps_what_was_agreed_and_reads_photos_and_has_a_way_out(
    framed: str,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    astronaut: NDArray[np.uint8],
) -> None:
    browser = open_browser(smiling_clip, extra=FLAGS)
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(framed)
    app = page.frame_locator("iframe").first
    app.locator(".st-key-agree button").click()
    app.locator(".st-key-way").get_by_role("radio", name="Photo").click()
    photo = io.BytesIO()
    Image.fromarray(astronaut).save(photo, "JPEG")
    app.locator(".st-key-photo-input input[type=file]").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    expect(app.locator(".st-key-mood-label")).to_have_text("happy")
    kept = {one["name"]: one for one in context.cookies()}
    (own,) = (one for name, one in kept.items() if COOKIE in name)
    for one in (own, kept["_streamlit_xsrf"]):
        assert one["sameSite"] == "None"
        assert one["secure"]
        assert one["partitionKey"]
    page.reload()
    # The agreement stands.
    expect(app.locator(".st-key-way")).to_be_visible()
    expect(app.locator(".st-key-notice")).to_have_count(0)
    camera = app.frame_locator('iframe[title="Your camera"]')
    camera.get_by_role("button", name="Start", exact=False).first.click()
    expect(app.locator(".st-key-mood-label")).to_have_text("happy")
    with context.expect_page() as opened:
        app.get_by_role("link", name="Open in its own window").click()
    expect(opened.value.locator(".st-key-notice")).to_be_visible()
    expect(opened.value.get_by_role("link", name="Open in its own window")).to_be_hidden()

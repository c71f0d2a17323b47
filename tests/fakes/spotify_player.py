"""A fake of Spotify's player in a frame: what it exchanges with the page around it, by messages.

Shaped by what the script of Spotify's iFrame API sends and takes
(developer.spotify.com/documentation/embeds/references/iframe-api): it says that it is ready, plays
at a command, and then tells its place in milliseconds, and nothing when a song has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADDRESS = "https://open.spotify.com/embed/**"
SONG_MS = 30_000
# window.tell is for tests: it says where the song is.
FRAME = """<!doctype html><title>A fake Spotify player</title><p>A fake Spotify player</p><script>
const asked = [];
let playing = false;
const say = (type, payload) => parent.postMessage({ type, payload }, "*");
window.asked = asked;
window.tell = (position, isPaused = !playing) =>
  say("playback_update", { position, duration: DURATION, isPaused, isBuffering: false });
addEventListener("message", ({ data }) => {
  asked.push(data.command);
  // As without utm_source, or before it was answered: deaf.
  if (!location.search.includes("iframe-api") || asked[0] !== "load_complete_ack") return;
  if (data.command === "play" || data.command === "resume") playing = true;
  if (data.command === "pause") playing = false;
  if (data.command !== "load_complete_ack") window.tell(1000);
});
say("ready");
</script>""".replace("DURATION", str(SONG_MS))


def serve(page: Page) -> None:
    """Let a page's frames of Spotify be this player."""
    page.route(ADDRESS, lambda route: route.fulfill(body=FRAME, content_type="text/html"))

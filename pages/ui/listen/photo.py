"""Photo: a picture is uploaded or taken, read once, and shown beside what was read.

What is shown is the visitor's own file, in the browser; only the place of the face comes from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from detectors.corrections import cell_of
from detectors.errors import DetectorError
from pages.ui import resources
from pages.ui.js import script
from pages.ui.listen import was_right, words
from pages.ui.listen.ring import ModeResult, describe, shares_of
from pages.ui.plain import plain
from recommender.wording import Message, sentence, tr

if TYPE_CHECKING:
    from detectors.corrections import Answer
    from detectors.types import EmotionScores

# Ends of the names of pictures that are read.
KINDS = ("jpg", "jpeg", "jfif", "png", "webp", "heic", "heif", "hif", "avif")
KEY = "photo-shown"
_TAKE, _UPLOAD = "take", "upload"
_MB = 1024 * 1024
_shown = st.components.v2.component(
    "moodring_photo",
    html='<div class="mr-photo" hidden><img alt=""><span class="corners"></span></div>',
    js=script("photo"),
    # The style sheet of the page draws it.
    isolate_styles=False,
)


@dataclass(frozen=True, slots=True)
class Photo:
    """The result of a photo: its emotions (None: no face), or why it could not be read.

    Attributes
    ----------
    box : tuple of float or None, the face's left, top, width and height as shares of the picture
    """

    scores: EmotionScores | None
    error: str = ""
    box: tuple[float, ...] | None = None


def show(may_read: Callable[[], bool]) -> ModeResult:
    """Draw the photo's widgets and return the result of the last photo.

    Parameters
    ----------
    may_read : callable, returns whether a photo may be read, called just before
    """
    from detectors.pictures.limits import MAX_BYTES  # keeps the first page fast

    # st.camera_input opens the camera as soon as it is drawn, so it is drawn only when chosen.
    ways = {_UPLOAD: tr("Upload"), _TAKE: tr("Take a photo")}
    how = st.segmented_control(
        tr("Photo"),
        ways,
        default=_UPLOAD,
        required=True,
        format_func=ways.__getitem__,
        label_visibility="collapsed",
    )
    # Streamlit keeps a widget's file in memory for as long as the widget exists. A new widget key
    # after each photo releases the old file.
    generation = st.session_state.setdefault("photo-turn", 0)
    with st.container(key="photo-input"):
        if how == _TAKE:
            file = st.camera_input(
                tr("Take a photo"), key=f"take-{generation}", label_visibility="collapsed"
            )
        else:
            file = st.file_uploader(
                tr("A photo of your face"),
                # The other pictures are refused in words.
                type=("image/*", *KINDS),
                max_upload_size=MAX_BYTES // _MB,
                key=f"upload-{generation}",
            )
    if file is not None and may_read():
        st.session_state["photo"] = _read(file.getvalue())
        st.session_state["photo-turn"] = generation + 1
        words.put_mood_aside()
        st.session_state["play"] = True
        st.rerun()
    photo: Photo | None = st.session_state.get("photo")
    limits = {"bytes": MAX_BYTES, "words": tr("Your photo")}
    seen = {"box": photo and photo.box, "failed": photo is not None and bool(photo.error)}
    _shown(key=KEY, data=limits | seen, on_refused_change=_refused)
    nothing = ModeResult(tr("No photo yet"), None)
    if photo is None:
        return nothing
    if photo.error:
        st.error(plain(photo.error), icon=":material/broken_image:")
        return nothing
    if photo.scores is None:
        hint = tr("Try a brighter picture in which the face looks at the camera.")
        return ModeResult(tr("No face found"), None, None, hint)
    own = was_right.corrections().applied(photo.scores)
    return describe(own, own.name, nothing)


def named() -> Answer | None:
    """Return the emotion that is named of the last photo, after the cell of what was read."""
    photo: Photo | None = st.session_state.get("photo")
    if photo is None or photo.scores is None:
        return None
    name = was_right.corrections().applied(photo.scores).name
    return (*cell_of(photo.scores), name) if name else None


def _read(content: bytes) -> Photo:
    try:
        picture = resources.picture_decoder().decode(content)
        reading = resources.analyser().analyse(picture.pixels)
    except DetectorError as error:
        return Photo(None, sentence(error))
    if reading.face is None:
        return Photo(None)
    height, width = picture.pixels.shape[:2]
    return Photo(reading.scores, box=shares_of(reading.face.box, width, height))


def _refused() -> None:
    """Say why the browser sent a file to nobody, in place of what was read before."""
    from detectors.pictures.limits import MAX_BYTES

    told = (st.session_state.get(KEY) or {}).get("refused")
    if told == "size":
        said = Message("picture-too-large", {"most": MAX_BYTES // _MB})
    elif told == "kind":
        said = Message("picture-unread-kind")
    else:
        return
    st.session_state["photo"] = Photo(None, sentence(said))

"""The text of the About page, with figures from the model manifests."""

import re

import streamlit as st

from pages.ui import resources, theme
from pages.ui.listen.rate import HISTORY
from pages.ui.visitor import consent

_COMPUTED = """
#### What is computed
Your browser sends the camera's picture to the machine that runs Moodring, and to no other. There
an MTCNN detector looks for faces; the largest one is read by two nets, a CNN and a deeper,
residual DCNN, which were trained on faces with FER+ votes. Their joint estimate of seven
expressions becomes a point in the plane of *valence* (unpleasant to pleasant) and *energy* (still
to intense), after Russell and Mehrabian (1977), and songs near that point are looked for.

It is an estimate of an expression. It is often wrong, and it is not what you feel.

#### What is kept
Nothing of your face: no picture, no crop, no measurement is stored, logged or sent on. Frames live
in memory for moments. A search text goes to Spotify, if the owner of this copy set a key, when you
ask for songs; Spotify's player, YouTube and all links are asked only when you press them. Who
signs in with Spotify stays so while Moodring runs, or until "Disconnect": nothing of it is written
down.

So that songs do not repeat and your likes count, the machine that runs Moodring remembers which
songs you were shown in the last seven days, and what you liked and banned, under a random id in
your browser's cookie. Moods are kept only if you switch that on. The History page shows all of it,
and deletes it.

Songs that you drop into the Library page stay on that machine, for your browser alone, until you
remove them there or delete everything. A model hears them on that machine, and they are sent
nowhere.

Moodring is not for use at work or in education.
"""

_CONFUSION = "Confusion matrices: rows are the labels, columns what the models say"


def _show_rate() -> None:
    """Draw the recent rate of analysed frames, for all visitors together."""
    counts = HISTORY.last()
    if counts:
        st.markdown("#### Live now")
        st.caption("Analysed frames a second, all visitors together, over the last two minutes.")
        st.area_chart(counts, height=140, x_label="seconds", y_label="frames", color=theme.ACCENT)


def show() -> None:
    """Draw the page."""
    theme.hero("What Moodring does, and how well.")
    st.markdown(_COMPUTED)
    if consent.given():
        with st.container(width=320):
            consent.show_withdraw()
    else:
        st.caption("You have not agreed to the notice, so that no camera can open.")
    _show_rate()
    measured = resources.measured()
    if measured is None:
        st.warning("The figures of the models are not available.")
        return
    st.markdown("#### How good it is")
    with st.container(horizontal=True):
        st.metric("FER-2013, seven classes", f"{measured['fer2013_accuracy']:.1%}", border=True)
        st.metric("FER+ majority, eight", f"{measured['ferplus_accuracy']:.1%}", border=True)
        st.metric("Calibration error", f"{measured['ece']:.1%}", border=True)
    st.caption(
        f"Measured on {measured['n']:,} faces that the nets were not trained on. "
        "The choice between trainings and the calibration did look at them."
    )
    with st.expander("The whole card of the expression models"):
        st.image(str(resources.CONFUSION), width="stretch", alt=_CONFUSION)
        _show_card("emotions.md")
    _show_music()


def _show_music() -> None:
    """Draw the accuracy of the music model."""
    measured = resources.measured_music()
    if measured is None:
        return
    music, feelings = measured["4q"], measured["emotify"]
    st.markdown("#### How well it hears music")
    with st.container(horizontal=True):
        st.metric("Which of four quadrants", f"{music['quadrant_accuracy']:.1%}", border=True)
        st.metric("Intense or calm", f"{music['arousal_hilo']:.1%}", border=True)
        st.metric("Pleasant or not", f"{music['valence_hilo']:.1%}", border=True)
    st.caption(
        f"Cross-validated on {music['n']} clips by ten folds of artists; the feelings on "
        f"{feelings['n']} others."
    )
    with st.expander("The whole card of the music model"):
        _show_card("music.md")


def _show_card(name: str) -> None:
    """Draw a model's card, its headings below the page's own."""
    st.markdown(re.sub(r"^(?=#+ )", "####", resources.model_card(name), flags=re.MULTILINE))

"""The text of the About page, with figures from the model manifests."""

import re

import streamlit as st

from pages.ui import resources, theme
from pages.ui.listen.rate import HISTORY
from pages.ui.plain import data_uri, in_html
from pages.ui.visitor import consent
from recommender.wording import ENGLISH, language_name, listed, number, reader, tr

# Languages of the pages whose words no native speaker has read.
UNREAD = ("German", "Spanish", "French", "Portuguese", "Hindi", "Tamil", "Arabic", "Japanese")


def _computed() -> str:
    paragraphs = (
        "## " + tr("What is computed"),
        tr(
            "Your browser sends the camera's picture to the machine that runs Moodring, and to no "
            "other. There an MTCNN detector looks for faces; the largest one is read by two nets, "
            "a CNN and a deeper, residual DCNN, which were trained on faces with FER+ votes. Their "
            "joint estimate of seven expressions becomes a point in the plane of *valence* "
            "(unpleasant to pleasant) and *energy* (still to intense), after ratings of "
            "faces (AffectNet, 2019), and songs near that point are looked for."
        ),
        tr("It is an estimate of an expression. It is often wrong, and it is not what you feel.")
        + f" {consent.often_missed()}",
        "## " + tr("What is kept"),
        tr(
            "Nothing of your face: no picture, no crop, no measurement is stored, logged or sent "
            "on. Frames live in memory for moments. A search text goes to Spotify, if the owner of "
            "this copy set a key, when you ask for songs; Spotify's player, YouTube and all links "
            "are asked only when you press them. Your Spotify sign-in is kept in memory only, "
            "until you disconnect or Moodring restarts."
        ),
        consent.where_switched_on(),
        tr(
            "So that songs do not repeat and your likes count, the machine that runs Moodring "
            "remembers which songs you were shown in the last seven days, and what you liked and "
            "banned, under a random id in your browser's cookie. Moods are kept only if you switch "
            "that on. The History page shows all of it, and deletes it."
        )
        + f" {consent.answers_kept()}",
        tr(
            "Songs that you drop into the Library page stay on that machine, for your browser "
            "alone, until you remove them there or delete everything. A model hears them on that "
            "machine, and they are sent nowhere."
        ),
        tr("Moodring is not for use at work or in education."),
        "## " + tr("Whose words these are"),
        tr(
            "Moodring was written in English. No native speaker has read its translations into "
            "{languages} yet. If a word sounds wrong to you, you can mend it: CONTRIBUTING.md in "
            "Moodring's source code says how.",
            languages=listed([language_name(name, alone=False) for name in UNREAD]),
        ),
    )
    return "\n\n".join(paragraphs)


def _show_rate() -> None:
    """Draw the recent rate of analysed frames, for all visitors together."""
    counts = HISTORY.last()
    if not counts:
        return
    st.markdown("## " + tr("Live now"))
    words = tr("Analysed frames a second, all visitors together, over the last two minutes.")
    st.caption(words)
    # Streamlit's own charts speak English, whoever reads them.
    most = max(counts)
    heights = " ".join(f"{at},{most - count}" for at, count in enumerate(counts))
    last = len(counts) - 1
    address = data_uri(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {last} {most}" '
        f'preserveAspectRatio="none"><polygon fill="{theme.ACCENT}" '
        f'points="0,{most} {heights} {last},{most}"/></svg>'
    )
    st.html(
        f'<div class="mr-frames"><span>{number(most, ",d")}</span>'
        f'<img alt="{in_html(words)}" src="{address}"></div>'
    )


def show() -> None:
    """Draw the page."""
    theme.hero(tr("What Moodring does, and how well."))
    with st.container(key="about-words"):
        st.markdown(_computed())
        if consent.given():
            with st.container(width=320):
                consent.show_withdraw()
        else:
            st.caption(tr("You haven’t agreed to the notice, so the camera stays off."))
    _show_rate()
    measured = resources.measured()
    if measured is None:
        st.warning(tr("The figures of the models are not available."))
        return
    st.markdown("## " + tr("How good it is"))
    with st.container(horizontal=True):
        _show_share(tr("FER-2013, seven classes"), measured["fer2013_accuracy"])
        _show_share(tr("FER+ majority, eight"), measured["ferplus_accuracy"])
        _show_share(tr("Calibration error"), measured["ece"])
    st.caption(
        tr(
            "Measured on {faces:,} faces that the nets were not trained on. The choice between "
            "trainings and the calibration did look at them.",
            faces=measured["n"],
        )
    )
    with st.expander(tr("The whole card of the expression models")):
        words = tr("Confusion matrices: rows are the labels, columns what the models say")
        st.image(str(resources.CONFUSION), width="stretch", alt=words)
        _show_card("emotions.md")
    _show_music()


def _show_share(label: str, share: float) -> None:
    st.metric(label, number(share, ".1%"), border=True)


def _show_music() -> None:
    """Draw the accuracy of the music model."""
    measured = resources.measured_music()
    if measured is None:
        return
    music, feelings = measured["4q"], measured["emotify"]
    st.markdown("## " + tr("How well it hears music"))
    with st.container(horizontal=True):
        _show_share(tr("Which of four quadrants"), music["quadrant_accuracy"])
        _show_share(tr("Intense or calm"), music["arousal_hilo"])
        _show_share(tr("Pleasant or not"), music["valence_hilo"])
    st.caption(
        tr(
            "Cross-validated on {clips} clips by ten folds of artists; the feelings on {others} "
            "others.",
            clips=music["n"],
            others=feelings["n"],
        )
    )
    with st.expander(tr("The whole card of the music model")):
        _show_card("music.md")


def _show_card(name: str) -> None:
    """Draw a model's card, which is written in English, its headings below the page's own."""
    if reader() != ENGLISH:
        st.caption(tr("This card is in English."))
    st.markdown(re.sub(r"^(?=#+ )", "##", resources.model_card(name), flags=re.MULTILINE))

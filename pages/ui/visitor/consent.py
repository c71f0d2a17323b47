"""The notice, and the agreement to it of the visitor whose page runs.

All tabs of a browser share one agreement (`pages.ui.visitor.agreements`), so that a reload or a
second page does not ask again, and a withdrawal in one tab holds in all. A browser that keeps no
cookies agrees in each tab.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import streamlit as st

from pages.ui import resources
from pages.ui.visitor import browser
from pages.ui.visitor.agreements import Agreements, Consent
from recommender.settings import BadSetting
from recommender.turn.servers import urls_of
from recommender.wording import listed, tr

# Raise it whenever the notice says something new, to void the agreements to older versions.
NOTICE_VERSION = "6"
# Session keys: the tab's own agreement where cookies are off, and the agreement at the last run.
_STATE, _SEEN = "consent", "consent-seen"
# Session keys of readings of a face, and of the way to end the camera that makes them.
_READINGS, _HANG_UP = ("photo", "live"), "consent-hang-up"
# Poll interval for a withdrawal in another tab, while the camera could be turned on.
WATCH_S = 1.0


AGREEMENTS = Agreements(resources.shared_agreements)


def current() -> Consent | None:
    """Return this browser's agreement to the current version of the notice; None without one."""
    who = browser.key()
    kept = AGREEMENTS.of(who) if who else st.session_state.get(_STATE)
    stands = isinstance(kept, Consent) and kept.version == NOTICE_VERSION and kept.given
    return kept if stands else None


def given() -> bool:
    """Return whether this visitor has agreed."""
    return current() is not None


def give() -> None:
    """Record this visitor's agreement to the notice."""
    who = browser.key()
    if who:
        AGREEMENTS.give(who, NOTICE_VERSION)
    else:
        st.session_state[_STATE] = Consent(NOTICE_VERSION)


def withdraw() -> None:
    """Withdraw the agreement in all tabs, and delete the readings of the face."""
    own = st.session_state.pop(_STATE, None)
    if isinstance(own, Consent):
        own.withdraw()
    AGREEMENTS.withdraw(browser.key())
    _forget_readings()


def hang_up_with(hang_up: Callable[[], None]) -> None:
    """Have the camera of this tab hung up when the agreement is withdrawn."""
    st.session_state[_HANG_UP] = hang_up


def has_changed() -> bool:
    """Return whether the agreement has changed since the start of the page's last run."""
    return st.session_state.get(_SEEN) is not current()


def follow() -> None:
    """Apply decisions made in other tabs. Call it first on each page.

    A running camera belongs to the agreement it was started under: once that is withdrawn, the
    camera stops, even if the visitor has agreed again since.
    """
    if has_changed():
        if "live" in st.session_state and given():
            # The camera's frame is still on the page.
            st.session_state["stop"] = True
        _forget_readings()
        st.session_state[_SEEN] = current()


@st.fragment(run_every=WATCH_S)
def watch(is_behind: Callable[[], bool] | None = None) -> None:
    """Redraw the page once the agreement is withdrawn in another tab, or else when it is behind."""
    if has_changed() or (is_behind is not None and is_behind()):
        st.rerun()


def _forget_readings() -> None:
    hang_up: Callable[[], None] | None = st.session_state.pop(_HANG_UP, None)
    if hang_up is not None:
        hang_up()
    for key in _READINGS:
        st.session_state.pop(key, None)


def say_moved() -> None:
    """Say, where something is connected, that it must be again if the visitor comes from elsewhere.

    What is connected is in the memory of one process.
    """
    agreed = current()
    if agreed is not None and agreed.from_elsewhere:
        st.caption(tr("You are on another server now. If you were connected, connect again."))


def often_missed() -> str:
    """Return whose expressions the models read worse, in a sentence."""
    return tr("Weak smiles are often missed, those of men more than those of women.")


def _estimate() -> str:
    measured = resources.measured()
    if measured is None:
        return tr(
            "An automatic estimate of your expression, often wrong, and not what you feel. An "
            "MTCNN face detector and a CNN + DCNN ensemble do it; they are not measured."
        )
    said = tr(
        "An automatic estimate of your expression, often wrong, and not what you feel. An MTCNN "
        "face detector and a CNN + DCNN ensemble do it; they are right for about {share:.0%} of "
        "the faces of a public test set.",
        share=measured["fer2013_accuracy"],
    )
    return f"{said} {often_missed()}"


def _relay(ice_servers: Sequence[Mapping[str, object]]) -> str:
    if not ice_servers:
        return tr("No other server takes part in the connection.")
    urls = urls_of(ice_servers)
    said = tr(
        "To connect, your browser asks {servers}, which learns your address.",
        servers=escape(listed(urls)),
    )
    if not any(url.startswith("turn") for url in urls):
        return said
    relayed = tr(
        "Where no other way leads here, your pictures pass encrypted through a relay, which cannot "
        "read them."
    )
    return f"{said} {relayed}"


def where_switched_on() -> str:
    """Return what leaves for places that a visitor or the owner has to switch on."""
    said = tr("A music server and ListenBrainz, where they are connected, learn what you play.")
    try:
        is_off = resources.settings().deezer == "off"
    except BadSetting:
        # The page shows the error; until it is mended, nothing is sent.
        is_off = True
    if not is_off:
        deezer = tr(
            "Deezer, where it is switched on, learns the titles of the songs, and your address: "
            "covers and previews come from there."
        )
        said = f"{deezer} {said}"
    return said


def visits_counted() -> str:
    """Return the sentence about Streamlit's statistics; "" where they are off."""
    if not st.get_option("browser.gatherUsageStats"):
        return ""
    return tr(
        "Streamlit's makers count visits here: your browser tells them of itself and of the "
        "page's parts, never of your face."
    )


def answers_kept() -> str:
    """Return the sentence about the answers to "Was that right?"."""
    return tr("Your answers to “Was that right?” are kept as counts, never as a picture.")


def _points(ice_servers: Sequence[Mapping[str, object]]) -> list[tuple[str, str]]:
    kept = tr(
        "Nothing. Pictures reach the computer that runs Moodring by WebRTC or, where that cannot "
        "pass, over the page's connection, as photos do. They stay in memory for moments, never "
        "stored or sent on."
    )
    return [
        (
            tr("What is captured"),
            tr(
                "Pictures from your camera, from Start until Stop, or the one photo that you "
                "choose."
            ),
        ),
        (tr("What it is used for"), _estimate()),
        (
            tr("Who is seen"),
            tr(
                "Other people in view are analysed too. Only the largest face is used; with “All "
                "of us” switched on, every face, up to six. Ask the others first, please."
            ),
        ),
        (tr("What is kept"), f"{kept} {answers_kept()} {_relay(ice_servers)}"),
        (
            tr("What is sent out"),
            tr(
                "A search text, to Spotify or YouTube, when you ask for songs; the songs "
                "themselves, when you save or play them there. Never your face."
            )
            + f" {where_switched_on()} {visits_counted()}".rstrip(),
        ),
        (
            tr("Without a camera"),
            tr(
                "Choose “Continue without a camera” and pick a mood yourself; you can leave Photo "
                "and Camera at any time."
            ),
        ),
        (
            tr("Changing your mind"),
            tr(
                "“Withdraw consent” ends it at once, on every page, and forgets the last reading. "
                "Moodring is not for use at work or in education."
            ),
        ),
    ]


def _sentences(*, photo: bool) -> list[tuple[str, str]]:
    read = (
        tr("Your photo is read in memory, then forgotten. It is never stored or sent on.")
        if photo
        else tr(
            "Pictures of your face are read in memory from Start until Stop. None is ever stored."
        )
    )
    return [
        (tr("Read, then forgotten"), read),
        (
            tr("A guess, not a verdict"),
            tr("Moodring names your expression, not what you feel."),
        ),
        (
            tr("You stay in charge"),
            tr("Withdraw at any time, or pick a mood without a camera."),
        ),
    ]


def show_notice(
    ice_servers: Sequence[Mapping[str, object]], on_decline: Callable[[], None], *, photo: bool
) -> None:
    """Draw the notice: three sentences, its two buttons, and all points one press beneath.

    Parameters
    ----------
    on_decline : callable, leads on without a camera
    photo : bool, whether a photo is to be read; else the camera is to open
    """
    three = "".join(f"<li><b>{head}</b>{said}</li>" for head, said in _sentences(photo=photo))
    points = "".join(
        f'<li class="mr-point"><span class="n">{number}</span>'
        f"<span><b>{title}</b>{text}</span></li>"
        for number, (title, text) in enumerate(_points(ice_servers), start=1)
    )
    before = tr("Before your photo is read") if photo else tr("Before your camera opens")
    with st.container(border=True, key="notice"):
        st.html(f'<h2 class="mr-hero mr-second">{before}</h2><ul class="mr-three">{three}</ul>')
        with st.container(horizontal=True):
            st.button(tr("Agree and continue"), key="agree", type="primary", on_click=give)
            # A mood picked by oneself needs no agreement.
            st.button(tr("Continue without a camera"), key="no-camera", on_click=on_decline)
        with st.expander(
            tr("All seven points: what is captured, by which models, what is sent out")
        ):
            st.html(f'<ol class="mr-notice">{points}</ol>')


def show_withdraw() -> None:
    """Draw the button that withdraws the agreement."""
    st.button(
        tr("Withdraw consent"),
        key="withdraw",
        icon=":material/visibility_off:",
        on_click=withdraw,
        width="stretch",
    )

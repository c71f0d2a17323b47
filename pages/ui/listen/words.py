"""A mood and wishes in words: the field, and what was understood as chips that go one by one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from pages.ui import resources
from pages.ui.listen import goals
from pages.ui.plain import plain
from pages.ui.visitor import language
from recommender.text import visible
from recommender.types import Goal
from recommender.wishes.understanding import MAX_SAID, Span, Wishes, understand
from recommender.wording import Message, decade, language_name, sentence, tr

KEY = "wish-words"
# Session keys: the wishes as understood and not removed, songs are asked for, and a text too long.
SAID, ASKED, _LONG = "said", "words-asked", "words-too-long"
# More of a text that was not understood would not be one short line.
MAX_LEFT_OVER = 80
# By feeling; in the language of the reader at each call.
_FEELINGS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "happy": lambda: tr("happy"),
        "calm": lambda: tr("calm"),
        "energised": lambda: tr("energised"),
        "focused": lambda: tr("focused"),
        "surprise": lambda: tr("surprised"),
        "surprised": lambda: tr("surprised"),
        "neutral": lambda: tr("neutral"),
        "sad": lambda: tr("sad"),
        "fear": lambda: tr("afraid"),
        "afraid": lambda: tr("afraid"),
        "angry": lambda: tr("angry"),
        "disgust": lambda: tr("disgusted"),
        "disgusted": lambda: tr("disgusted"),
        "contempt": lambda: tr("contemptuous"),
        "tired": lambda: tr("tired"),
        "stressed": lambda: tr("stressed"),
        "lonely": lambda: tr("lonely"),
        "bored": lambda: tr("bored"),
        "in-love": lambda: tr("in love"),
        "nostalgic": lambda: tr("nostalgic"),
        "excited": lambda: tr("excited"),
        "hopeful": lambda: tr("hopeful"),
        "proud": lambda: tr("proud"),
        "grateful": lambda: tr("grateful"),
    }
)


def said() -> Wishes:
    """Return the wishes in words that stand."""
    return st.session_state.get(SAID) or Wishes()


def put_mood_aside() -> None:
    """Forget the mood in words, because the visitor has told another, and a cry for help."""
    told = said()
    st.session_state[SAID] = Wishes() if told.help else told.without("mood")


def show_field() -> None:
    """Draw the field."""
    # Streamlit forgets a text that another page does not draw.
    st.session_state.setdefault(KEY, said().text)
    st.text_input(
        tr("A mood and wishes in your own words"),
        key=KEY,
        placeholder=tr("Say it: tired, something calm in Tamil, no rap"),
        on_change=_take,
        label_visibility="collapsed",
    )


def _take() -> None:
    """Understand the text, and ask for songs when there is anything to go by."""
    text: str = st.session_state[KEY] or ""
    before, told = said(), understand(text, language.chosen(), resources.artist_index().named)
    st.session_state[SAID] = told
    st.session_state[_LONG] = len(text.strip()) > MAX_SAID
    # The goal of the words before goes with them, unless another pill was pressed since.
    if told.goal is not Goal.MATCH or goals.chosen() is before.goal:
        st.session_state[goals.KEY] = told.goal.value
    st.session_state[ASKED] = bool(told.understood or before.understood) and not told.help


def show_understood() -> None:
    """Draw the chips, and a line about the rest; a cry for help gets one sentence."""
    told = said()
    if told.help:
        st.info(sentence(Message("words-help")), icon=":material/favorite:")
        return
    # Another goal was chosen since.
    spans = [
        span for span in told.understood if span.field != "goal" or span.value == goals.chosen()
    ]
    if spans:
        with st.container(horizontal=True, key="understood", gap="xsmall"):
            for place, span in enumerate(spans):
                # The style sheet hides the first word from the eye.
                st.button(
                    tr("Remove **{wish}**", wish=plain(_chip(span, told))),
                    key=f"understood-{place}",
                    on_click=_remove,
                    args=(span.field, span.value),
                )
    if st.session_state.get(_LONG, False):
        st.caption(sentence(Message("words-too-long", {"characters": MAX_SAID})))
    if told.left_over:
        left = visible(", ".join(told.left_over), MAX_LEFT_OVER)
        st.caption(plain(Message("words-left-over", {"words": left})))


def _remove(field: str, value: str) -> None:
    st.session_state[SAID] = said().without(field, value)
    if field == "goal":
        st.session_state[goals.KEY] = Goal.MATCH.value
    st.session_state[ASKED] = True


def _chip(span: Span, told: Wishes) -> str:
    """Return what was understood in a few words of the visitor's language."""
    if span.field == "mood":
        return mood_word(told)
    if span.field == "goal":
        return goals.labels()[span.value]
    if span.field == "clean":
        return tr("no explicit songs")
    field = span.field.removeprefix("not_")
    if field == "languages":
        wish = language_name(span.value)
    elif field == "decades":
        wish = decade(int(span.value))
    elif field == "genres":
        # The visitor's own word is in their language.
        wish = told.text[span.start : span.end]
    else:
        wish = span.value
    if field == span.field:
        return wish
    return (
        tr("nothing from the {decade}", decade=wish)
        if field == "decades"
        else tr("no {wish}", wish=wish)
    )


def mood_word(told: Wishes) -> str:
    """Return the mood in words, with its intensity."""
    mood = feeling_word(told.mood)
    if told.intensity == "strong":
        return tr("very {mood}", mood=mood)
    return tr("a bit {mood}", mood=mood) if told.intensity else mood


def feeling_word(feeling: str) -> str:
    """Return how a person has a feeling, in the visitor's language.

    Parameters
    ----------
    feeling : str, of `recommender.mood.FEELINGS` or `recommender.wishes.vocabulary.MOODS`
    """
    return _FEELINGS[feeling]()

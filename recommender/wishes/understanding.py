"""A mood and wishes as people say them: read by a table of words, without a model or the network.

A text is cut into items, the words and phrases of `recommender.wishes.vocabulary`, clause by
clause. Words between them say what is not wanted, how strong a mood is, and whether "calm" is the
speaker's mood or the music's. A text about self-harm gives `Wishes.help` and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from recommender.mood import EMOTION_POINTS, mood_at
from recommender.text import visible
from recommender.types import MAX_ARTIST_LENGTH, MAX_ARTISTS, MAX_GENRES, Goal, Mood, Preferences
from recommender.wishes.items import Item, read_items
from recommender.wishes.vocabulary import MOODS, SPOKEN

# Characters of a text that are read: some sentences.
MAX_SAID = 300
# A strong mood lies farther from the middle of the plane, a weak one nearer.
INTENSITIES = {"strong": 1.25, "weak": 0.6}

# Mood of somebody who wishes for songs and tells no mood.
NEUTRAL = Mood(*EMOTION_POINTS["neutral"])

# Finds the catalogue's spelling of an artist's name; None for a name that it does not have.
Known: TypeAlias = Callable[[str], str | None]


class Span(NamedTuple):
    """A part of the text that was understood.

    Attributes
    ----------
    field : str, the field of `Wishes` that it went into
    value : str, what it means there
    start, end : int, its place in `Wishes.text`
    """

    field: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """A mood and wishes, as understood.

    Attributes
    ----------
    text : str, as it was read: one line, composed letters, at most MAX_SAID
    mood : str, of `recommender.wishes.vocabulary.MOODS`; "" for none
    intensity : str, "strong", "weak" or ""
    languages, not_languages : English names as in the catalogue
    artists, not_artists : as the catalogue spells them, else as typed
    genres, not_genres : words of the catalogue's genres
    decades, not_decades : first years, of `recommender.types.DECADES`
    clean : bool, no explicit songs
    help : bool, the person may harm themselves; all else is empty then
    understood : spans in the order of the text
    left_over : parts of the text that were not understood
    """

    text: str = ""
    mood: str = ""
    intensity: str = ""
    goal: Goal = Goal.MATCH
    languages: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    not_artists: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    not_genres: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()
    not_decades: tuple[int, ...] = ()
    clean: bool = False
    help: bool = False
    understood: tuple[Span, ...] = field(default=(), compare=False)
    left_over: tuple[str, ...] = field(default=(), compare=False)

    def point(self) -> Mood | None:
        """Return the mood's point in the plane, by its intensity; None without a mood."""
        if not self.mood:
            return None
        valence, energy = MOODS[self.mood].point
        factor = INTENSITIES.get(self.intensity, 1.0)
        return mood_at(factor * valence, 0.5 + factor * (energy - 0.5))

    def added_to(self, preferences: Preferences) -> Preferences:
        """Return preferences with these wishes, as far as they hold so many; both add up."""
        refused = self.not_genres[:MAX_GENRES]
        return replace(
            preferences,
            languages=_both(preferences.languages, self.languages),
            artists=_both(preferences.artists, _fitting(self.artists))[:MAX_ARTISTS],
            decades=tuple(dict.fromkeys((*preferences.decades, *self.decades))),
            goal=self.goal if preferences.goal is Goal.MATCH else preferences.goal,
            no_explicit=preferences.no_explicit or self.clean,
            genres=_both(preferences.genres, self.genres)[: MAX_GENRES - len(refused)],
            not_languages=self.not_languages,
            not_artists=_fitting(self.not_artists),
            not_decades=self.not_decades,
            not_genres=refused,
        )

    def without(self, name: str, value: str | None = None) -> Wishes:
        """Return the wishes without one value of a field, or without any for None."""
        left = getattr(Wishes(), name)
        if value is not None and isinstance(left, tuple):
            left = tuple(one for one in getattr(self, name) if str(one) != value)
        changed: dict[str, Any] = {name: left}
        if name == "mood":
            changed["intensity"] = ""
        kept = (
            one for one in self.understood if one.field != name or value not in {None, one.value}
        )
        return replace(self, understood=tuple(kept), **changed)


def _both(first: tuple[str, ...], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _fitting(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of artists as long as they may be."""
    return tuple(name[:MAX_ARTIST_LENGTH] for name in names)


def nobody(_: str) -> None:
    """Return no artist: the names of an empty catalogue."""


def understand(text: str, language: str = "en", known: Known = nobody) -> Wishes:
    """Return the mood and wishes that a text tells; it never fails.

    The text is read in the language of `SPOKEN` that explains most of it, in doubt in the given
    one. Names of artists are those that the catalogue has, or that follow a phrase like "sung by".

    Parameters
    ----------
    language : str, of the interface, such as "en"
    known : callable, finds the catalogue's spelling of a name
    """
    said = unicodedata.normalize("NFC", visible(text, 2 * MAX_SAID))[:MAX_SAID]
    # Each language asks for the same names.
    known = cache(known)
    first = [code for code in (language.casefold(), "en") if code in SPOKEN]
    items: list[Item] = []
    most = -1
    for code in dict.fromkeys((*first, *SPOKEN)):
        found, letters, missing = read_items(said, code, known)
        if letters > most:
            items, most = found, letters
        if not missing:
            break
    if any(item.kind == "help" for item in items):
        return Wishes(text=said, help=True)
    return _collected(said, items)


def _collected(said: str, items: list[Item]) -> Wishes:
    """Return the wishes of items in which negations, artists and intensities are settled."""
    values: dict[str, dict[str, None]] = {}
    spans: list[Span] = []
    left = tuple(said[item.start : item.end] for item in items if item.kind == "left")
    moods = [item for item in items if item.kind == "mood"]
    mood = next((item for item in moods if not item.negated), None)
    refused = {item.value for item in moods if item.negated}
    denied = next(
        (
            item
            for item in moods
            if item.negated and MOODS[item.value].opposite not in {"", *refused}
        ),
        None,
    )
    if mood is None and denied is not None:
        mood = replace(denied, value=MOODS[denied.value].opposite)
    for item in items:
        if item.kind == "mood" and mood is not None and item.start == mood.start:
            spans.append(Span("mood", mood.value, item.start, item.end))
            continue
        name = _field(item)
        if name == "goal" and name in values:
            continue
        if name and item.value not in values.setdefault(name, {}):
            values[name][item.value] = None
            spans.append(Span(name, item.value, item.start, item.end))

    # "Hip hop, but no rap of the nineties" refuses the decade.
    for name in [name for name in values if name.startswith("not_")]:
        wanted = values.get(name.removeprefix("not_"), {})
        values[name] = {one: None for one in values[name] if one not in wanted}
    spans = [span for span in spans if span.field == "mood" or span.value in values[span.field]]

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(values.get(name, {}))

    def decades(name: str) -> tuple[int, ...]:
        return tuple(sorted(map(int, all_of(name))))

    return Wishes(
        text=said,
        mood="" if mood is None else mood.value,
        intensity="" if mood is None else mood.intensity,
        goal=Goal(next(iter(values.get("goal", {})), Goal.MATCH)),
        languages=all_of("languages"),
        not_languages=all_of("not_languages"),
        artists=all_of("artists")[:MAX_ARTISTS],
        not_artists=all_of("not_artists")[:MAX_ARTISTS],
        genres=all_of("genres"),
        not_genres=all_of("not_genres"),
        decades=decades("decades"),
        not_decades=decades("not_decades"),
        clean="clean" in values,
        understood=tuple(spans),
        left_over=left,
    )


def _field(item: Item) -> str:
    """Return the field of `Wishes` that an item goes into; "" for none."""
    if item.kind in {"language", "genre", "decade", "artist"}:
        return f"{'not_' if item.negated else ''}{item.kind}s"
    if item.kind == "goal" and not item.negated:
        return "goal"
    if item.kind == "clean" or (item.kind == "swearing" and item.negated):
        return "clean"
    return ""

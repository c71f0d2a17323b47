"""The items of a text: what they are, whose, and whether they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from recommender.wishes.vocabulary import (
    GAP,
    MARK,
    MOODS,
    SHOUT,
    Folded,
    Found,
    Word,
    decade_at,
    fold_text,
    parts_at,
    script_of,
    vocabulary,
)

# Words, and letters without gaps between words, that a name has at most; and the least letters of a
# name that is taken for an artist although nothing in the text says that it is one.
MAX_NAME_WORDS, MAX_NAME_SIGNS = 6, 12
LEAST_NAME, LEAST_SIGNS = 8, 3

_WANTED = frozenset({"mood", "goal", "language", "genre", "decade", "artist", "swearing"})
# Words that say nothing about what stands beside them.
_EMPTY = frozenset({"plain", "of", "by", "after_by", "me", "some", "song", "play", "also", "very"})
_BEFORE_NAME = frozenset({"by", "said_by", "play", "song", "not"})
_AFTER_NAME = frozenset({"after_by", "song", "not_after"})
_ENDS = frozenset({"ends", "not", "not_after", "mark"})
_OF_MUSIC, _OF_PERSON = frozenset({"some", "song", "play"}), "me"
_DEGREES = {"very": "strong", "a_bit": "weak"}
_WEAKER = {"strong": "weak"}


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a text.

    Attributes
    ----------
    kinds : lines of the table in which it stands; "left" for words that are not in the table,
        "mark" for the end of a clause
    kind : str, the one that counts
    value : str, as in the table
    start, end : int, its place in the text
    negated : bool, is not wanted
    intensity : str, of a mood: "strong", "weak" or ""
    """

    kind: str
    value: str
    start: int
    end: int
    kinds: frozenset[str] = frozenset()
    negated: bool = False
    intensity: str = ""


def read_items(
    said: str, language: str, known: Callable[[str], str | None]
) -> tuple[list[Item], int, int]:
    """Return the items of a text, the number of its letters that they explain, and of the others.

    Parameters
    ----------
    language : str, of `recommender.wishes.vocabulary.SPOKEN`
    known : callable, finds the catalogue's spelling of an artist's name
    """
    folded = fold_text(said)

    def named(name: str) -> str | None:
        # Arabic writes "and" together with the name.
        return known(name) or (known(name[1:]) if name.startswith("\u0648") else None)

    items = _scanned(folded, said, language, named)
    items = _with_artists(items, said, named)
    missing = sum(_letters(said, item) for item in items if item.kind == "left")
    explained = sum(_letters(said, item) for item in items if item.kind not in {"left", "mark"})
    settled: list[Item] = []
    for clause in _clauses(items):
        settled += _with_negations(_with_degrees(_whose(clause)))
    return _moods_or_goals(settled), explained, missing


def _letters(said: str, item: Item) -> int:
    return sum(letter.isalnum() for letter in said[item.start : item.end])


def _scanned(
    folded: Folded, said: str, language: str, known: Callable[[str], str | None]
) -> list[Item]:
    text, words = folded.text, vocabulary(language)
    items: list[Item] = []

    def place(at: int) -> int:
        return folded.places[at] if at < len(text) else len(said)

    def add(kind: str, start: int, end: int, value: str = "", kinds: Iterable[str] = ()) -> None:
        # An accent of the last letter belongs to the word.
        last = place(end - 1) + 1
        items.append(Item(kind, value, place(start), last, frozenset((kind, *kinds))))

    at = left = 0

    def leave(until: int) -> None:
        for start, end in _runs(text, left, until):
            add("left", start, end)

    while at < len(text):
        if text[at] in {MARK, SHOUT}:
            leave(at)
            add("mark", at, at + 1, text[at])
            at = left = at + 1
            continue
        if text[at] == GAP or not parts_at(text, at):
            at += 1
            continue
        joined = [item.kind for item in items[-2:]] == ["decade", "also"]
        found = decade_at(text, at, joined=joined) or words.longest(text, at)
        name, end = _name_at(folded, said, at, known)
        if name and (found is None or end > found.end):
            found = Found(end, (Word("artist", name),))
        if found is None:
            at += 1
            continue
        leave(at)
        first = _first(found.words)
        add(first.kind, at, found.end, first.value, (word.kind for word in found.words))
        at = left = found.end
    leave(len(text))
    return items


def _first(words: Sequence[Word]) -> Word:
    """Return the meaning that counts: a wish before a word between wishes."""
    return min(words, key=lambda word: (word.kind != "help", word.kind not in _WANTED))


def _runs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the place of the words between two others, without gaps around them."""
    part = text[start:end]
    begin = start + len(part) - len(part.lstrip(GAP))
    finish = start + len(part.rstrip(GAP))
    return [(begin, finish)] if begin < finish else []


def _name_at(
    folded: Folded, said: str, start: int, known: Callable[[str], str | None]
) -> tuple[str, int]:
    """Return the longest name of an artist at a place that says so itself, and its end."""
    text, best = folded.text, ("", start)
    signs = script_of(text[start]) == "c"
    end, words = start, 1
    while end < len(text) and text[end] not in {MARK, SHOUT}:
        end += 1
        if not parts_at(text, end) or text[end - 1] == GAP:
            words += text[end - 1] == GAP
            continue
        length = end - start
        if words > MAX_NAME_WORDS or (signs and length > MAX_NAME_SIGNS):
            break
        if length >= LEAST_SIGNS if signs else words > 1 and length >= LEAST_NAME:
            name = known(said[folded.places[start] : folded.places[end - 1] + 1])
            best = (name, end) if name else best
    return best


def _with_artists(items: list[Item], said: str, known: Callable[[str], str | None]) -> list[Item]:
    """Return the items with artists among the words that are left over."""
    found: list[Item] = []
    cue = ""
    for place, item in enumerate(items):
        if item.kind == "left":
            rest = [one for one in items[place + 1 :][:2] if one.kind != "plain"][:1]
            after = bool(rest) and not _AFTER_NAME.isdisjoint(rest[0].kinds)
            alone = _is_alone(items, place)
            if cue and found[-1].kind == "plain":
                # "The" may be part of the name.
                whole = replace(item, start=found[-1].start)
                parts = _artists_in(whole, said, known, cue="by", after=False)
                if parts[0].kind == "artist":
                    found[-1:] = parts
                    cue = cue if parts[-1].kind == "artist" else ""
                    continue
            found += _artists_in(item, said, known, cue=cue, after=after or alone)
            cue = cue if found[-1].kind == "artist" else ""
            continue
        found.append(item)
        if item.kind == "artist":
            cue = "by"
        elif not _BEFORE_NAME.isdisjoint(item.kinds):
            cue = "said_by" if item.kind == "said_by" else "by"
        elif item.kind not in {"plain", "also", "some"}:
            cue = ""
    return found


def _is_alone(items: list[Item], place: int) -> bool:
    """Return whether an item is a clause of its own, or joined to one."""
    beside = (*items[max(0, place - 1) : place], *items[place + 1 : place + 2])
    return all(item.kind in {"mark", "also"} for item in beside)


def _artists_in(
    item: Item, said: str, known: Callable[[str], str | None], *, cue: str, after: bool
) -> list[Item]:
    """Return the parts of a run of unknown words, an artist's name at its beginning or end."""
    text = said[item.start : item.end]
    cuts = [0, *(place for place in range(1, len(text)) if text[place - 1] == " "), len(text) + 1]
    cuts = cuts[: MAX_NAME_WORDS + 1] if cue else cuts[-MAX_NAME_WORDS - 1 :]
    if cue:
        for end in reversed(cuts[1:]):
            name = known(text[: end - 1])
            if name:
                return _cut(item, 0, min(end - 1, len(text)), name)
        if cue == "said_by":
            return _cut(item, 0, len(text), text)
    if after:
        for start in cuts[:-1]:
            name = known(text[start:])
            if name:
                return _cut(item, start, len(text), name)
    return [item]


def _cut(item: Item, start: int, end: int, name: str) -> list[Item]:
    first, last = item.start + start, item.start + end
    parts = (
        replace(item, end=max(item.start, first - 1)),
        Item("artist", name, first, last, frozenset({"artist"})),
        replace(item, start=min(item.end, last + 1)),
    )
    return [part for part in parts if part.start < part.end]


def _clauses(items: Sequence[Item]) -> list[list[Item]]:
    clauses: list[list[Item]] = [[]]
    for item in items:
        clauses[-1].append(item)
        if item.kind == "mark":
            clauses.append([])
    return clauses


def _whose(clause: list[Item]) -> list[Item]:
    """Return a clause in which words such as "calm" are moods of the speaker or goals of the music.

    The nearest word before decides, else the nearest after. Without one, `_moods_or_goals` decides.
    """
    settled: list[Item] = []
    for place, item in enumerate(clause):
        one = item
        if item.kind == "mood" and MOODS[item.value].goal:
            near = (*reversed(clause[:place]), *clause[place + 1 :])
            cue = next((other for other in near if other.kinds & (_OF_MUSIC | {_OF_PERSON})), None)
            if cue is None:
                one = replace(item, kind="either")
            elif _OF_PERSON not in cue.kinds:
                one = replace(item, kind="goal", value=MOODS[item.value].goal)
        settled.append(one)
    return settled


def _moods_or_goals(items: list[Item]) -> list[Item]:
    """Return items in which a word that may be both is the mood, unless another word is.

    Beside a goal of the same kind ("calm, to sleep") it is the music's.
    """
    goals = {item.value for item in items if item.kind == "goal"}
    has_mood = any(item.kind == "mood" for item in items)
    settled = []
    for item in items:
        one = item
        if item.kind == "either":
            if has_mood or MOODS[item.value].goal in goals:
                one = replace(item, kind="goal", value=MOODS[item.value].goal, intensity="")
            else:
                one, has_mood = replace(item, kind="mood"), True
        settled.append(one)
    return settled


def _with_degrees(clause: list[Item]) -> list[Item]:
    """Return a clause in which moods have the intensity of a word beside them."""
    settled = list(clause)
    for first, second in pairwise(range(len(clause))):
        for degree, mood in ((first, second), (second, first)):
            kinds = clause[degree].kinds & _DEGREES.keys()
            if kinds and clause[mood].kind in {"mood", "either"} and not settled[mood].intensity:
                settled[mood] = replace(settled[mood], intensity=_DEGREES[min(kinds)])
    if clause and clause[-1].value == SHOUT:
        settled = [
            replace(one, intensity="strong") if one.kind in {"mood", "either"} else one
            for one in settled
        ]
    return settled


def _with_negations(clause: list[Item]) -> list[Item]:
    """Return a clause in which the items that are not wanted are marked."""
    refused: set[int] = set()
    for place, item in enumerate(clause):
        if "not" in item.kinds:
            reached = _reached(clause, place)
            refused.update(reached or _before(clause, place))
        elif "not_after" in item.kinds:
            refused.update(_before(clause, place))
    return [
        replace(item, negated=True, intensity=_WEAKER.get(item.intensity, ""))
        if place in refused
        else item
        for place, item in enumerate(clause)
    ]


def _is_wish(item: Item) -> bool:
    return item.kind in _WANTED or item.kind == "either"


def _reached(clause: list[Item], place: int) -> list[int]:
    """Return the wishes after a negation that it holds for: the first, and those joined to it.

    "No rap or pop" joins, and so does "no English rap"; "no rap in Tamil" still wants Tamil.
    """
    return _joined(clause, range(place + 1, len(clause)))


def _before(clause: list[Item], place: int) -> list[int]:
    """Return the wishes before a negation that it holds for: the last, and those joined to it."""
    return _joined(clause, range(place - 1, -1, -1))


def _joined(clause: list[Item], places: Iterable[int]) -> list[int]:
    found: list[int] = []
    joined = False
    for place in places:
        item = clause[place]
        if _is_wish(item):
            if found and not joined and abs(found[-1] - place) > 1:
                break
            found.append(place)
            joined = False
        elif item.kinds & _ENDS or (found and item.kind not in _EMPTY):
            break
        else:
            joined = joined or "also" in item.kinds
    return found

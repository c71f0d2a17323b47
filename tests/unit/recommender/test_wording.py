"""Messages: every id has a sentence, every sentence an id, and a catalogue translates them."""

from __future__ import annotations

import ast
import pickle
import re
import tomllib
from datetime import UTC, datetime
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import BadImage
from detectors.types import Message, MessageError
from recommender import wording
from recommender.db.engine import DATABASE
from recommender.deezer.client import DEEZER
from recommender.errors import (
    FAILURES,
    BadTable,
    NotAuthorised,
    RateLimited,
    ScopeMissing,
    Service,
    Unavailable,
)
from recommender.ingest.cells import BadRow
from recommender.languages import LANGUAGES as SONG_LANGUAGES
from recommender.library.worker_process import WorkerDied
from recommender.mood import FEELINGS
from recommender.settings import BadSetting
from recommender.spotify.errors import SPOTIFY
from recommender.subsonic.errors import SERVER
from recommender.turn.cloudflare import CLOUDFLARE
from recommender.types import SourceName
from recommender.wording import SENTENCES, TABLE, sentence, sentences
from recommender.youtube.client import YOUTUBE
from tests.layout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PRODUCT = [
    *(
        path
        for top in ("detectors", "models", "pages", "recommender")
        for path in (ROOT / top).rglob("*.py")
    ),
]
SERVICES = [
    *(CLOUDFLARE, DATABASE, DEEZER, SERVER, SPOTIFY, YOUTUBE),
    *(Service(name, nonsense="out-of-order") for name in SourceName),
]
# Names of arguments that are no values of the message.
NO_VALUES = {"retry_after", "too_late"}
GERMAN = {
    "picture-unread-kind": "Die Datei ist kein Bild als JPEG, PNG oder WEBP.",
    "backup-missing": "Es gibt keine Datei {file}.",
    "rows-no-songs": "{rows} Zeile ist kein Lied.\0{rows} Zeilen sind keine Lieder.",
}


def kinds(kind: type[Exception] = MessageError) -> set[str]:
    return {kind.__name__}.union(*map(kinds, kind.__subclasses__()))


MAKERS = {"Message", *kinds()}


def made() -> Iterator[tuple[str, ast.Call, ast.expr]]:
    """Yield the calls that make a message, and their ids."""
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            if node.func.id in MAKERS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node, node.args[0]


def literals(node: ast.AST) -> Iterator[str]:
    """Yield the texts in an expression; what an f-string inserts is a star."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def known(name: str) -> set[str]:
    pattern = re.escape(name).replace(r"\*", "[a-z-]+")
    return {one for one in SENTENCES if re.fullmatch(pattern, one)}


def fields(name: str) -> set[str]:
    texts = SENTENCES[name]
    counted = set() if isinstance(texts, str) else {texts[0]}
    return counted.union(
        *({field for _, field, _, _ in Formatter().parse(text) if field} for text in forms(name))
    )


def forms(name: str) -> list[str]:
    texts = SENTENCES[name]
    return [texts] if isinstance(texts, str) else list(texts[1:])


def test_every_id_that_the_product_names_has_its_sentence() -> None:
    unknown = [
        (where, name)
        for where, _, first in made()
        for name in literals(first)
        if name and name != "*" and not known(name)
    ]
    assert unknown == []


def test_every_sentence_is_used() -> None:
    texts = {
        text
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for text in literals(node)
    }
    failures = {
        f"{service.name}-{getattr(service, kind)}"
        for service in SERVICES
        for kind in set(FAILURES.values())
    }
    assert failures - set(SENTENCES) == set()
    patterns = {name for _, _, first in made() for name in literals(first) if name.strip("*-")}
    used = set(SENTENCES) & (texts | failures) | set().union(*map(known, patterns))
    assert set(SENTENCES) - used == set()


def test_every_message_brings_the_values_of_its_sentence() -> None:
    wrong = []
    for where, call, first in made():
        given_names = {word.arg for word in call.keywords} - NO_VALUES
        if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
            keys = call.args[1].keys
            given_names |= {key.value if isinstance(key, ast.Constant) else None for key in keys}
        elif len(call.args) > 1:
            given_names.add(None)
        wrong += [
            (where, name)
            for name in literals(first)
            for one in known(name)
            if "*" not in name and None not in given_names and fields(one) != given_names
        ]
    assert wrong == []


def test_ids_are_told_apart_and_written_alike() -> None:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert sum(map(len, table.values())) == len(SENTENCES)
    assert [name for name in SENTENCES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []
    for subject in table.values():
        assert [*subject] == sorted(subject)
    assert {f"feeling-{name}" for name in FEELINGS} == known("feeling-*")


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_is_one_line_with_its_values(name: str) -> None:
    said = [sentence(Message(name, dict.fromkeys(fields(name), count))) for count in (1, 2)]
    assert all(text.isprintable() and "{" not in text.replace('[{"', "") for text in said)
    assert (
        len(forms(name)) == len(set(said)) or name.startswith("tagging-") or len(forms(name)) == 1
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 rows are no songs."), (1, "1 row is no song."), (2000, "2,000 rows are no songs.")],
)
def test_a_sentence_fits_its_number(count: int, said: str) -> None:
    assert sentence(Message("rows-no-songs", {"rows": count})) == said


def test_a_message_within_a_message_is_put_into_words() -> None:
    inner = Message("picture-too-large", {"most": 25})
    outer = Message("file-problem", {"file": "a.png", "problem": inner})
    assert sentence(outer) == "a.png: The picture is larger than 25 MB."
    assert sentences([inner, Message("unreadable"), Message("")]) == (
        "The picture is larger than 25 MB. It cannot be read."
    )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message("No such id {0.__class__}\n\u202e"), "No such id {0.__class__}"),
        (Message("backup-missing"), "backup-missing"),
        (
            Message("backup-missing", {"file": "a\nb\u202e{most}\x1b[31m"}),
            "There is no file a b {most} [31m.",
        ),
        (Message("rows-no-songs", {"rows": "many"}), "rows-no-songs"),
        (Message("rows-no-songs", {"rows": "9" * 5000}), "rows-no-songs"),
        (Message("table-rows", {"file": "x", "most": "1"}), "table-rows"),
    ],
)  # fmt: skip
def test_whatever_a_message_holds_it_is_one_plain_line(message: Message, said: str) -> None:
    assert sentence(message) == said


VALUES = st.recursive(
    st.text() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.none(),
    lambda inner: st.builds(Message, st.text(), st.dictionaries(st.text(), inner, max_size=2)),
    max_leaves=4,
)


@given(message=st.builds(Message, st.text(), st.dictionaries(st.text(), VALUES, max_size=3)))
def test_a_packed_message_arrives(message: Message) -> None:
    assert Message.unpacked(message.packed()) == message
    assert len(sentence(message).splitlines()) <= 1


@given(text=st.text() | st.sampled_from(["[" * 9999, '{"id": 1, "values": {}}', "9" * 9999, "{}"]))
def test_any_other_text_is_shown_as_it_is(text: str) -> None:
    assert Message.unpacked(text) == Message(text)


@pytest.mark.parametrize(
    "error",
    [
        BadImage("picture-too-large", most=25),
        Unavailable("catalogue-busy"),
        RateLimited("spotify-pause", 3.5),
        ScopeMissing("streaming"),
        NotAuthorised("spotify-bad-key"),
        BadTable("starter-repeats", line=3, earlier=2),
        BadRow("row-no-title"),
        BadSetting("setting-switch", name="X"),
        WorkerDied("hearing-too-late", too_late=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_travels_to_another_process(error: MessageError) -> None:
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(arrived) is type(error)
    assert vars(arrived) == vars(error)
    assert sentence(arrived) == sentence(error) != error.message.id


def test_a_detectors_error_tells_its_id_and_values() -> None:
    assert str(BadImage("picture-too-large", most=25)) == "picture-too-large most=25"


def write_catalogue(path: Path) -> None:
    """Write a catalogue of `GERMAN`."""
    catalogue = Catalog(locale="de")
    for name, text in GERMAN.items():
        forms_of = forms(name)
        catalogue.add(
            forms_of if len(forms_of) > 1 else forms_of[0],
            text.split("\0") if "\0" in text else text,
            context=name,
        )
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every thread tells its messages in German, as far as the catalogue goes."""
    write_catalogue(tmp_path / "locale" / "de" / "LC_MESSAGES" / "moodring.po")
    monkeypatch.setattr(wording, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(wording, "_reader", lambda: "de")
    wording._catalogue.cache_clear()
    yield
    wording._catalogue.cache_clear()


@pytest.mark.usefixtures("german")
def test_a_catalogue_translates_and_what_it_lacks_stays_english() -> None:
    assert [sentence(Message("rows-no-songs", {"rows": rows})) for rows in (1, 2)] == [
        "1 Zeile ist kein Lied.",
        "2 Zeilen sind keine Lieder.",
    ]
    assert sentence(Message("unreadable")) == "It cannot be read."
    error = Unavailable("backup-missing", file="x")
    assert sentence(error) == "Es gibt keine Datei x."
    assert str(error) == sentence(error, "en") == "There is no file x."


@pytest.mark.usefixtures("german")
def test_pages_and_commands_tell_their_messages_in_that_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from detectors.pictures.process import PictureDecoder
    from pages.ui import resources
    from pages.ui.listen import photo
    from recommender.__main__ import main

    decoder = PictureDecoder()
    monkeypatch.setattr(resources, "picture_decoder", lambda: decoder)
    assert photo._read(b"no picture").error == GERMAN["picture-unread-kind"]
    decoder.end()
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert main(["restore", str(tmp_path / "mine.db")]) == 1
    assert capsys.readouterr().err == "Es gibt keine Datei mine.db.\n"


@pytest.fixture
def read_in() -> Iterator[Callable[[str], None]]:
    """Give a function that sets the reader's language."""
    before = wording.read_by(None)
    yield lambda language: wording.read_by(lambda: language) and None
    wording.read_by(before)


@pytest.mark.parametrize(
    ("language", "value", "spec", "said"),
    [
        ("en", 1234567.5, ",.1f", "1,234,567.5"),
        ("de", 1234567.5, ",.1f", "1.234.567,5"),
        ("fr", 1234567, ",", "1\u202f234\u202f567"),
        ("hi", 1234567, ",", "12,34,567"),
        ("de", 1988, "", "1988"),
        ("de", 0.126, ".1%", "12,6\xa0%"),
        ("en", 0.126, ".0%", "13%"),
        ("pt", 0.5, "+.2f", "+0,50"),
        ("de", -0.5, "+.2f", "-0,50"),
        ("de", float("inf"), ".1f", "inf"),
        (wording.PSEUDO, 1234, ",", "1,234"),
    ],
)
def test_a_number_is_written_as_its_reader_writes_it(
    language: str, value: float, spec: str, said: str
) -> None:
    assert wording.number(value, spec, language) == said


def test_dates_lists_and_languages_are_written_as_their_reader_writes_them(
    read_in: Callable[[str], None],
) -> None:
    time = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    said = {}
    for language in ("en", "de", "ja"):
        read_in(language)
        names = map(wording.language_name, ("Bengali", "Portuguese", "Klingon of Kronos"))
        said[language] = (wording.moment(time), wording.listed([*names]))
    assert said == {
        "en": ("3 November 2026, 14:05", "Bengali, Portuguese and Klingon of Kronos"),
        "de": ("3. November 2026, 14:05", "Bengalisch, Portugiesisch und Klingon of Kronos"),
        "ja": ("2026年11月3日 14:05", "ベンガル語、ポルトガル語、Klingon of Kronos"),
    }
    read_in("de")
    assert wording.day(time.date(), width="full") == "Dienstag, 3. November 2026"
    values = {"languages": ("Hindi", "Tamil"), "decades": (1990, 2000)}
    assert "Hindi und Tamil" in sentence(Message("unmet-decades-languages", values))
    assert "Hindi and Tamil" in sentence(Message("unmet-decades-languages", values), "en")
    assert "portugiesisch" in sentence(Message("why-language", {"language": "Portuguese"})).lower()


def test_a_name_of_a_language_begins_small_only_within_a_sentence(
    read_in: Callable[[str], None],
) -> None:
    read_in("fr")
    assert wording.language_name("English") == "Anglais"
    assert sentence(Message("why-language", {"language": "English"})) == "anglais"
    assert sentence(Message("line-first", {"language": "English"})).startswith("Anglais ")


def test_every_language_of_songs_has_a_name_in_every_language(
    read_in: Callable[[str], None],
) -> None:
    for code in set(wording.LANGUAGES) - {"en"}:
        read_in(code)
        for name in SONG_LANGUAGES:
            if name != wording.WITHOUT_WORDS:
                assert name in wording._codes()
                assert wording._codes()[name] in wording._locale(code).languages, (code, name)


@pytest.mark.usefixtures("german")
def test_values_that_a_translator_has_spoilt_bring_the_english_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wording._Pseudo, "gettext", lambda *_: "{wrong} {}")
    monkeypatch.setattr(wording, "_reader", lambda: wording.PSEUDO)
    assert wording.tr("Find {songs}", songs=3) == "Find 3"
    assert wording.tr_count("{number} song", "{number} songs", 2) == "2 songs"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "de_DE", "LC_MESSAGES": "ta_IN@x"}, "ta"),
        ({"LANG": "de_DE", "LC_MESSAGES": "ta_IN", "LC_ALL": "POSIX"}, "en"),
        ({"LANG": "de_DE", "LC_ALL": ""}, "de"),
        ({"LANG": "nl_NL.UTF-8"}, "en"),
        ({"LANG": "en_XA.UTF-8"}, wording.PSEUDO),
    ],
)
def test_a_terminal_says_its_language(environ: dict[str, str], language: str) -> None:
    assert wording.terminal_language(environ) == language


def test_a_command_helps_and_refuses_in_the_language_of_its_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from recommender.__main__ import COMMANDS, main

    monkeypatch.setenv("LC_ALL", "en_XA.UTF-8")
    assert main(["songs", "--help"]) == 0
    told = capsys.readouterr().out
    assert "⟦Réçómméñd sóñgs" in told
    assert not re.search(r"\b(emotion of|energy to|leave explicit)\b", told)
    assert main(["songs"]) == 2
    assert "⟦gívé --émótíóñ" in capsys.readouterr().err
    # The command itself stays as it is, for others.
    assert COMMANDS.commands["songs"].help == "Recommend songs for a mood."
    assert wording.reader() == "en"


def test_a_pseudo_language_marks_all_but_what_no_translation_changes() -> None:
    wording.read_by(lambda: wording.PSEUDO)
    try:
        assert wording.tr("Find {songs}", songs="x") == "⟦Fíñd x····⟧"
        assert wording.tr('<a href="#">Go</a>') == '⟦<a href="#">Gó</a>······⟧'
        assert wording.tr_count("{number} song", "{number} songs", 2) == "⟦2 sóñgs····⟧"
        assert sentence(Message("rows-no-songs", {"rows": 2})).startswith("⟦2 rów")
    finally:
        wording.read_by(None)
    assert wording.tr("Find songs") == "Find songs"
    assert wording.tr("{braces}") == "{braces}"

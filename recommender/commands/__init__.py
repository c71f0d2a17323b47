"""The commands of ``python -m recommender``, and how every command line of Moodring ends.

Streams were not made for names that are no text, nor for letters that they cannot write. A command
speaks the language of its terminal; what programs read (options, JSON, headers) is English, and so
are the names of kinds of values in a usage (TEXT, COMMAND).
"""

from __future__ import annotations

import copy
import io
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recommender.errors import SourceError
from recommender.settings import BadSetting
from recommender.text import visible
from recommender.wording import Message, catalogue_of, read_by, sentence, terminal_language, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FAILED, MISUSED = 1, 2
# Exit status of shells for a program ended by Ctrl-C.
INTERRUPTED = 130
# Most characters of a usage error, with the usage.
MAX_REFUSAL = 4_000
# Modules of click that say something to whoever uses a command; `tests.catalogues` collects it.
CLICK = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.types,
)
# Characters of a path that are repeated in an error.
MAX_QUOTED = 200


def path(text: str) -> Path:
    """Return an argument as a path that can be opened at once, if anything is there.

    Raises
    ------
    click.BadParameter
        For pipes, sockets and devices, which may block, and for paths that the system refuses.
    """
    problem = tr("neither a file nor a folder")
    try:
        found = Path(text)
        if found.is_file() or found.is_dir() or not found.exists():
            return found
    except OSError as error:
        problem = f"{error.strerror}"
    quoted = visible(text, MAX_QUOTED)
    raise click.BadParameter(tr("{path} is refused: {problem}", path=quoted, problem=problem))


PATH = click.types.FuncParamType(path)


def run(
    command: click.Command,
    arguments: Sequence[str] | None = None,
    *,
    failures: tuple[type[Exception], ...] = (SourceError,),
    status: int = FAILED,
    obj: object = None,
    language: str | None = None,
) -> int:
    """Run a command named as its module and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None, None for those of the process
    failures : errors whose message is reported as it is
    status : int, exit status after one of them
    obj : object, what the command's ``click.pass_obj`` passes on
    language : str or None, as in the catalogue's path; None for the terminal's
    """
    # A terminal whose encoding lacks Tamil must not end the command.
    carry_every_letter()
    expected: tuple[type[Exception], ...] = (BadSetting, *failures)
    name = f"python -m {command.name}"
    context: dict[str, Any] = {"obj": obj, "help_option_names": ["-h", "--help"]}
    language = language or terminal_language(os.environ)
    with _speaking(language):
        try:
            spoken = _in_words(command)
            return int(spoken.main(arguments, name, standalone_mode=False, **context) or 0)
        except click.ClickException as error:
            said = io.StringIO()
            error.show(said)
            # It repeats what was typed.
            print(said.getvalue().rstrip("\n")[:MAX_REFUSAL], file=sys.stderr)
            return error.exit_code
        except click.Abort:
            return INTERRUPTED
        except expected as error:
            report(error)
            return MISUSED if isinstance(error, BadSetting) else status


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Let messages and click speak a language; click's modules took their words from gettext."""
    words = catalogue_of(language)
    before = read_by(lambda: language)
    ours = {"_": words.gettext, "ngettext": words.ngettext}
    kept = [(one, name, getattr(one, name)) for one in CLICK for name in ours if hasattr(one, name)]
    for module, name, _ in kept:
        setattr(module, name, ours[name])
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)
        read_by(before)


def _in_words(command: click.Command) -> click.Command:
    """Return a command with its help in the reader's language.

    Decorators are given the English one when a module is loaded; `tests.catalogues` collects it
    from there, each paragraph by itself.
    """
    spoken = copy.copy(command)
    spoken.help = _help(command.help)
    spoken.params = [copy.copy(one) for one in command.params]
    for one in spoken.params:
        if isinstance(one, click.Option):
            one.help = _help(one.help)
    if isinstance(spoken, click.Group):
        spoken.commands = {name: _in_words(one) for name, one in spoken.commands.items()}
    return spoken


def _help(english: str | None) -> str | None:
    if english is None:
        return None
    paragraphs = [" ".join(one.split()) for one in english.split("\n\n")]
    return "\n\n".join(map(tr, paragraphs))


def report(error: Message | Exception, about: str = "") -> None:
    """Print an error, or a message, as one line on standard error.

    Parameters
    ----------
    about : str, precedes the error
    """
    print(visible(f"{about} {sentence(error)}".strip()), file=sys.stderr)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of the steps done and of all, which draws a bar on a terminal."""
    with click.progressbar(
        length=0, label=what, show_pos=True, file=sys.stderr, hidden=True
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.hidden, bar.length = not sys.stderr.isatty(), total
            bar.update(done - bar.pos)

        yield show


def carry_every_letter() -> None:
    r"""Print unencodable characters as escapes such as ``\xe9`` instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        # A test or an embedding program may have replaced the stream.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

"""``mood-tags``: the moods of your own music into its files, when asked, and back."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from recommender.commands import FAILED, INTERRUPTED, PATH, report
from recommender.library import scan
from recommender.library.mood_playlists import delete_playlists, mood_playlists, write_playlist
from recommender.library.mood_tag_files import FIELDS
from recommender.library.mood_tags import Change, MoodTags
from recommender.library.pool import IdleWorker
from recommender.library.recordings import OWNER, Recordings
from recommender.paths import absolute
from recommender.settings import Settings, settings_from
from recommender.text import visible
from recommender.wiring import opened
from recommender.wording import Message, sentence, tr

NOTHING = "–"
# Seconds for the tags of a file, which take milliseconds.
PATIENCE_S = 60.0


@click.command("mood-tags")
@click.argument("folders", type=PATH, nargs=-1, metavar="[FOLDER]...")
@click.option("--all", "everywhere", is_flag=True, help="all music that was tagged")
@click.option("--write", is_flag=True, help="write into the files, instead of showing what would")
@click.option("--undo", is_flag=True, help="put back what stood in the files before")
@click.option("--playlists", is_flag=True, help="playlists by mood in each folder, too")
def mood_tags(
    folders: tuple[Path, ...], *, everywhere: bool, write: bool, undo: bool, playlists: bool
) -> int:
    """Show what the moods of your music would change in the tags of its files.

    With --write, they are written: mood word, beats a minute, valence and energy, as players read
    them. Files whose tags cannot be written without loss are left as they are, and named.
    """
    if everywhere == bool(folders) or (write and undo):
        raise click.UsageError(tr("Name folders, or --all; and --write or --undo, not both."))
    settings = settings_from(os.environ)
    places = [absolute(folder) for folder in folders] if folders else None
    try:
        with opened(settings) as engine, _moods(engine, settings) as moods:
            plan = moods.plan_undo(places) if undo else moods.plan(places)
            done = told(moods, plan, write=write or undo)
            if undo:
                for path in delete_playlists(moods.journal, places):
                    print(visible(tr("{path}: deleted", path=path)))
                return done
            chosen = scan.watched(engine) if places is None else places
            return max(done, _playlists(moods, engine, chosen, write=write)) if playlists else done
    except KeyboardInterrupt:
        print(f"\n{tr('Stopped. What was written can be put back by --undo.')}", file=sys.stderr)
        return INTERRUPTED


@contextmanager
def _moods(engine: Engine, settings: Settings) -> Iterator[MoodTags]:
    worker = IdleWorker(None, patience_s=PATIENCE_S)
    try:
        yield MoodTags(engine, settings.data_dir, worker)
    finally:
        worker.rest()


def told(moods: MoodTags, plan: Iterable[Change], *, write: bool) -> int:
    """Print each change, after making it where asked, and return the exit status."""
    changed = kept = left = 0
    for planned in plan:
        change = moods.write(planned) if write else planned
        if change.problem is not None:
            left += 1
            report(change.problem, f"{change.path}:")
        elif change.is_needed:
            changed += 1
            print(visible(f"{change.path}: {'; '.join(differences(change))}"))
        else:
            kept += 1
    name = "mood-tags-changed-files" if write else "mood-tags-would-change"
    counts = {"kept": kept, "left": left}
    print(sentence(Message(name, {"files": changed, **counts})), flush=True)
    return 0


def differences(change: Change) -> list[str]:
    """Return each field that changes, as "mood – → bright"."""
    found = []
    for name in FIELDS:
        before, after = (
            ", ".join(fields.get(name, ())) or NOTHING for fields in (change.before, change.after)
        )
        if before != after:
            found.append(f"{name} {before} → {after}")
    return found


def _playlists(moods: MoodTags, engine: Engine, folders: Sequence[Path], *, write: bool) -> int:
    status = 0
    songs = Recordings(engine).of(OWNER)
    for folder in folders:
        for path, content in mood_playlists(songs, folder):
            problem = write_playlist(path, content, moods.journal) if write else None
            if problem is None:
                print(visible(f"{path}"))
            else:
                report(problem, f"{path}:")
                status = FAILED
    return status

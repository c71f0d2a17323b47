"""``import``, ``playlist`` and ``refresh``: files and folders of songs into the database."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from sqlalchemy import Engine

from recommender.commands import FAILED, PATH, progress, report
from recommender.errors import UnreadableTable
from recommender.ingest.discovery import Kind, files_in, kind_of
from recommender.ingest.refresh import import_file
from recommender.ingest.refresh import refresh as repeat_imports
from recommender.ingest.refresh_report import Result, sentences_of
from recommender.ingest.registry import name_in, register_folder
from recommender.ingest.song_tables import NAMES
from recommender.ingest.table_import import TableImport
from recommender.paths import absolute, is_folder
from recommender.settings import settings_from
from recommender.text import visible
from recommender.wiring import opened
from recommender.wording import Message, sentence, sentences, tr

# Bad rows printed; all of them are in the side file.
BAD_ROWS_TOLD = 5
FIELDS = ", ".join(NAMES)


def _mapping_of(
    _context: click.Context, _parameter: click.Parameter, pairs: Sequence[str]
) -> dict[str, str]:
    mapping = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if not mapping.keys() <= NAMES.keys() or not all("=" in pair for pair in pairs):
        raise click.BadParameter(tr("must be FIELD=COLUMN with a field of {fields}", fields=FIELDS))
    return mapping


@click.command("import")
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE_OR_FOLDER...")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=_mapping_of,
    metavar="FIELD=COLUMN",
    help="column of a field, if its name does not tell; fields: title, artists, album, language, "
    "year, genre, tags, valence, energy, tempo, explicit, spotify_id",
)
@click.option("--language", help="language of songs for which the table gives none")
def import_(files: tuple[Path, ...], mapping: dict[str, str], language: str | None) -> int:
    """Import tables of songs, playlists, and folders of both.

    Tables are CSV or TSV, also packed by gzip, Excel or Parquet; playlists are M3U, PLS, XSPF, WPL,
    JSPF, the library of iTunes, Spotify's own download or listens of ListenBrainz. Importing a file
    again replaces its songs. Folders are scanned again at each refresh.
    """
    no_tables = (is_folder(path) or kind_of(path) == "playlist" for path in files)
    if (mapping or language) and any(no_tables):
        raise click.UsageError(tr("--map and --language apply to tables only"))
    return _import(files, "table", mapping, language)


@click.command()
@click.argument("file", type=PATH)
def playlist(file: Path) -> int:
    """Import a playlist (M3U, PLS, XSPF, WPL, JSPF, CSV and more).

    It replaces an earlier playlist of the same name.
    """
    return _import([file], "playlist")


@click.command()
def refresh() -> int:
    """Repeat all imports, and scan folders again.

    What has changed is reported.
    """
    settings = settings_from(os.environ)
    with opened(settings) as engine, progress(tr("files")) as show:
        refreshed = repeat_imports(engine, settings.data_dir, progress=show)
    for line in refreshed.lines():
        print(line)
    return FAILED if refreshed.failed else 0


def _import(
    paths: Sequence[Path],
    usual: Kind,
    mapping: Mapping[str, str] | None = None,
    language: str | None = None,
) -> int:
    """Import files and folders and return the exit status; a bad file does not stop the others.

    Parameters
    ----------
    usual : kind of a file whose name does not tell it
    """
    settings, status = settings_from(os.environ), 0
    with opened(settings) as engine:
        for path, folder in _files(paths, engine):
            if path is None:
                status = FAILED
                continue
            name = visible(name_in(folder, path) if folder else path.name)
            try:
                with progress(tr("lines")) as show:
                    done = import_file(
                        path,
                        kind_of(path) or usual,
                        engine,
                        settings.data_dir,
                        folder=folder,
                        mapping=mapping,
                        language=language,
                        progress=show,
                    )
            except UnreadableTable as error:
                report(error, f"{name}:")
                status = FAILED
            else:
                _tell(name, done)
    return status


def _files(paths: Sequence[Path], engine: Engine) -> Iterator[tuple[Path | None, Path | None]]:
    """Yield files with the folder that they were found in; None for what cannot be read."""
    for path in paths:
        if not is_folder(path):
            yield path, None
            continue
        try:
            folder = absolute(path)
            found = files_in(folder)
        except UnreadableTable as error:
            report(error)
            yield None, None
            continue
        register_folder(engine, folder)
        for unreadable in found.unreadable:
            report(Message("import-folder", {"folder": f"{unreadable}"}))
            yield None, None
        if not found.files:
            print(sentence(Message("import-empty-folder", {"folder": folder.name})))
        for file in found.files:
            yield file, folder


def _tell(name: str, done: Result) -> None:
    print(sentences(sentences_of(name, done)))
    if not isinstance(done, TableImport):
        for remark in done.remarks:
            report(Message("file-problem", {"file": name, "problem": remark}))
        return
    for line, problem in done.bad[:BAD_ROWS_TOLD]:
        values = {"file": name, "line": line, "problem": Message.unpacked(problem)}
        report(Message("import-bad-row", values))
    if done.bad:
        values = {"file": name, "rows": len(done.bad), "side_file": f"{done.side_file}"}
        report(Message("import-bad-rows", values))

"""Names of songs in the paths of their files: "Artist - Title.mp3", "Artist/Album/01 Title.mp3"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from recommender.text import fold

# Endings of sound and film files, which a song's name does not hold.
_ENDING = re.compile(
    r"(?<=\S)\.(?:mp[234]|m4[abprv]|aac|flac|og[agx]|opus|wave?|aif[cf]?|aiff|wma|wv|ape|mka|mkv|webm"
    r"|mp[ac+]|spx|tta|dsf|dff|alac|ac3|amr|mid|asf|wmv|avi|mov|mpe?g|flv|3gp)$",
    re.IGNORECASE,
)
# Players write the place on the record before the title: "01 Title", "1-01 Title", "01 - Title".
_NUMBER = re.compile(r"(?:[0-9]{1,2}[-.])?([0-9]{1,3})(?: ?[-–—._)\]]+ ?| )(?=\S)")
_PARTED = re.compile(r" [-–—] ")
# The same inside of "Artist - Album - 01 - Title"; a year or "1999" is none.
_PLACE = re.compile(r"0?[0-9]{1,2}|[0-9]-[0-9]{2}")
# "Title - Live" is no "Artist - Title".
_VERSION = re.compile(
    r"\b(?:remaster|remix|live|acoustic|demo|version|edit|mix|instrumental|unplugged|mono|stereo)",
    re.IGNORECASE,
)
_DISC = re.compile(r"(?:cd|disc|disk|dis[ck]o?|vinyl|side) ?[0-9a-d]{1,2}", re.IGNORECASE)
_YEAR = re.compile(r"[(\[]?(?:19|20)[0-9]{2}[)\]]?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,3}")
_DRIVE = re.compile(r"[A-Za-z]:")
# Folders that hold music, and do not name who plays it. Compared by `fold`.
_GENERIC = frozenset(
    fold(name)
    for name in (
        *("..", ".", "", "Music", "My Music", "Musik", "Musique", "Música", "Musica", "Muziek"),
        *("Muzyka", "Музыка", "音乐", "音楽", "mp3", "mp3s", "Audio", "Sound", "Songs", "Media"),
        *("iTunes", "iTunes Media", "iTunes Music", "Downloads", "Download", "Downloaded"),
        *("home", "Users", "mnt", "media", "Volumes", "storage", "emulated", "sdcard", "Desktop"),
        *("Documents", "tracks", "playlists", "playlist", "flac", "Various Artists", "Various"),
        *("Compilations", "VA", "Unknown", "Unknown Artist", "Unknown Album", "Shared", "nas"),
    )
)
_HOMES = frozenset({"home", "Users", "Dokumente und Einstellungen", "Documents and Settings"})
_FOLDERS_OF_FILES = frozenset({"file", "smb", "nfs"})
# Folders that may name artist and album.
MAX_FOLDERS = 2


@dataclass(frozen=True, slots=True)
class PathNames:
    """Names that a path suggests.

    Attributes
    ----------
    readings : tuple of (title, artist), the most likely first
    folders : tuple of str, those around the file that may name an artist, the outer first
    """

    readings: tuple[tuple[str, str], ...] = ()
    album: str = ""
    folders: tuple[str, ...] = ()


def without_ending(text: str) -> str:
    """Return a text without the ending of a sound file."""
    return _ENDING.sub("", text)


def has_ending(path: str) -> bool:
    """Return whether a path ends as sound files do."""
    return _ENDING.search(path.strip()) is not None


def names_of_path(path: str) -> PathNames:
    """Return the names of a song that a path or address suggests; none when it is no sound file."""
    path = path.strip()
    if not has_ending(path):
        return PathNames()
    scheme = _SCHEME.match(path)
    if scheme or ("%20" in path and " " not in path):
        path = unquote(path[scheme.end() if scheme else 0 :])
    *around, name = path.replace("\\", "/").split("/")
    # Other addresses have a server's folders.
    if scheme and scheme[1].casefold() not in _FOLDERS_OF_FILES:
        around = []
    stem = without_ending(name).strip()
    if " " not in stem:
        stem = stem.replace("_", " ")
    return _read(" ".join(stem.split()), tuple(_folders(around))[-MAX_FOLDERS:])


def _folders(around: Sequence[str]) -> Iterator[str]:
    """Yield the folders that may name an artist or an album."""
    home = False
    for folder in around:
        name = " ".join(folder.split())
        generic = fold(name) in _GENERIC or _DISC.fullmatch(name) or _DRIVE.fullmatch(name)
        if not (generic or home):
            yield name
        # The next folder is named after a person who listens.
        home = name in _HOMES


def _read(stem: str, folders: tuple[str, ...]) -> PathNames:
    number = _NUMBER.match(stem)
    plain = stem[number.end() :] if number else stem
    parts = [part.strip() for part in _PARTED.split(plain)]
    artist, album = _artist_and_album(folders)
    around = {fold(name) for name in (artist, *folders) if name}
    places = [place for place, part in enumerate(parts) if _PLACE.fullmatch(part)]
    if places and 0 < places[-1] < len(parts) - 1:
        # "Artist - Album - 01 - Title"
        album = " - ".join(parts[1 : places[-1]]) or album
        return PathNames(((" - ".join(parts[places[-1] + 1 :]), parts[0]),), album, folders)
    if len(parts) == 1 or (artist and _VERSION.search(parts[-1]) and fold(parts[0]) not in around):
        # Only the catalogue knows that "99 Problems" begins with its name.
        titles = [plain] if number is None else [plain, stem]
        if number and number[0].strip().isdigit() and not _is_place(number[1], folders):
            titles.reverse()
        artists = dict.fromkeys(name for name in (artist, *folders[::-1]) if name)
        return PathNames(tuple((title, of) for of in artists for title in titles), album, folders)
    if fold(parts[-1]) in around and fold(parts[0]) not in around:
        return PathNames(((" - ".join(parts[:-1]), parts[-1]),), album, folders)
    within = album and fold(parts[1]) == fold(album)
    rest = (parts[2:] if within else None) or parts[1:]
    readings = [(" - ".join(rest), parts[0])]
    if artist and fold(parts[0]) not in around:
        readings.append((" - ".join(parts), artist))
    return PathNames(tuple(readings), album, folders)


def _is_place(number: str, folders: tuple[str, ...]) -> bool:
    """Return whether a number before a title is its place on the record."""
    return number.startswith("0") or (len(folders) == MAX_FOLDERS and len(number) > 1)


def _artist_and_album(folders: tuple[str, ...]) -> tuple[str, str]:
    """Return artist and album of the folders around a file; "" for what they do not name."""
    if not folders:
        return "", ""
    # "Artist - Album", but not "2011 - Album".
    first, *rest = _PARTED.split(folders[-1], maxsplit=1)
    if rest and not _YEAR.fullmatch(first):
        return first, rest[0]
    if len(folders) == 1:
        return folders[0], ""
    return folders[0], rest[0] if rest else folders[1]

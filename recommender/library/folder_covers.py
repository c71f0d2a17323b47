"""Pictures that lie beside music: one named like the song, cover.jpg, folder.png and the like."""

import os
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from recommender.paths import is_there

# Names without their endings, best first, as players and shops write them.
STEMS = ("cover", "folder", "front", "album", "albumart", "albumartlarge")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
# Files of a folder that are looked at.
MAX_FILES = 10_000


def pictures_beside(path: Path, most: int) -> Iterator[bytes]:
    """Yield the pictures beside an audio file, the likeliest cover first; case is ignored.

    Parameters
    ----------
    most : int, bytes; larger files are passed over

    Raises
    ------
    OSError
        When the folder or a picture in it cannot be read.
    """
    stems = (_folded(path.stem), *STEMS)
    with os.scandir(path.parent) as entries:
        names = sorted(entry.name for entry in islice(entries, MAX_FILES))
    stem_of = {name: _folded(Path(name).stem) for name in names if _folded(name).endswith(ENDINGS)}
    found = [name for name, stem in stem_of.items() if stem in stems]
    for name in sorted(found, key=lambda name: stems.index(stem_of[name])):
        picture = path.with_name(name)
        # Opening a pipe would block.
        if is_there(picture) and picture.stat().st_size <= most:
            yield picture.read_bytes()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

"""Read the expression in pictures: ``python -m detectors PICTURE...``.

Prints one JSON line per picture: ``path``, ``face`` ([x, y, w, h] in pixels, or null),
``emotions``, ``contempt`` and ``mood`` (null without a face), or ``path`` and ``error``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detectors.errors import BadImage, DetectorError
from detectors.loading import load_analyser
from detectors.pictures.limits import MAX_BYTES
from detectors.pictures.process import PictureDecoder
from detectors.threads import use_one_blas_thread
from recommender.commands import run
from recommender.mood import mood_from_emotions
from recommender.wording import ENGLISH, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detectors.pipeline import Analyser


def read_file(path: Path) -> bytes:
    """Return the file's bytes, at most `MAX_BYTES` + 1.

    Raises
    ------
    BadImage
        When it is no file, or cannot be opened.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block
            raise BadImage("picture-no-file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadImage("picture-unopened", reason=error.strerror) from error


def describe(path: str, decoder: PictureDecoder, analyser: Analyser) -> dict[str, Any]:
    """Return the JSON object for a picture."""
    try:
        picture = decoder.decode(read_file(Path(path)))
        reading = analyser.analyse(picture.pixels)
    except DetectorError as error:
        return {"path": path, "error": sentence(error, ENGLISH)}
    if reading.face is None or reading.scores is None:
        return {"path": path, "face": None, "emotions": None, "contempt": None, "mood": None}
    mood = mood_from_emotions(reading.scores)
    return {
        "path": path,
        "face": [round(value / picture.scale, 1) for value in reading.face.box],
        "emotions": {name: round(v, 4) for name, v in reading.scores.as_dict().items()},
        "contempt": round(reading.scores.contempt, 4),
        "mood": {
            "valence": round(mood.valence, 4),
            "energy": round(mood.energy, 4),
            "confidence": round(mood.confidence, 4),
        },
    }


@click.command("detectors", help=__doc__)
@click.argument("pictures", nargs=-1, metavar="[PICTURE]...")
def describe_all(pictures: tuple[str, ...]) -> None:
    """Print the JSON line of each picture."""
    analyser = load_analyser()
    decoder = PictureDecoder()
    for path in pictures:
        print(json.dumps(describe(path, decoder, analyser), allow_nan=False), flush=True)
    decoder.end()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 1 when the models cannot be used."""
    use_one_blas_thread()
    return run(describe_all, arguments, failures=(DetectorError,))


if __name__ == "__main__":
    sys.exit(main())

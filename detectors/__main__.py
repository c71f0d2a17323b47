"""Read the expression in pictures: ``python -m detectors PICTURE...``.

Prints one JSON line per picture: ``path``, ``face`` ([x, y, w, h] in pixels, or null),
``emotions``, ``contempt`` and ``mood`` (null without a face), or ``path`` and ``error``. Without
pictures it only prepares the face detector.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.errors import BadImage, DetectorError
from detectors.loading import load_analyser
from detectors.pictures.limits import MAX_BYTES
from detectors.pictures.process import PictureDecoder
from detectors.threads import use_one_blas_thread
from recommender.commands import carry_every_letter, json_line
from recommender.mood import mood_from_emotions
from recommender.settings import BadSetting, settings_from

if TYPE_CHECKING:
    from detectors.pipeline import Analyser


def read_file(path: Path) -> bytes:
    """Return the file's bytes, at most `MAX_BYTES` + 1.

    Raises
    ------
    BadImage
        When the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadImage(f"The file cannot be opened: {error.strerror}.") from error


def describe(path: str, decoder: PictureDecoder, analyser: Analyser) -> dict[str, Any]:
    """Return the JSON object for a picture."""
    try:
        picture = decoder.decode(read_file(Path(path)))
        reading = analyser.analyse(picture.pixels)
    except DetectorError as error:
        return {"path": path, "error": str(error)}
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


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 1 when the models cannot be used."""
    carry_every_letter()
    parser = argparse.ArgumentParser(prog="python -m detectors", description=__doc__)
    parser.add_argument("pictures", nargs="*", metavar="PICTURE")
    options = parser.parse_args(arguments)
    use_one_blas_thread()
    try:
        analyser = load_analyser(settings_from(os.environ).data_dir)
    except (BadSetting, DetectorError) as error:
        print(error, file=sys.stderr)
        return 1
    decoder = PictureDecoder()
    for path in options.pictures:
        print(json_line(describe(path, decoder, analyser)), flush=True)
    decoder.end()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

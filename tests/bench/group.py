"""Cost of *All of us* by the number of faces: ``python -m tests.bench.group``.

CPU time a frame of a running camera, in milliseconds, with the searches of the whole picture that
come in between; at first of one face that is read alone.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import numpy as np
from skimage import data

from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector
from detectors.group import MAX_FACES
from detectors.pipeline import Analyser
from detectors.threads import use_one_blas_thread
from detectors.weights import DETECTOR, SHIPPED
from pages.ui.listen.sight import Sight
from tests.bench.clip import RATE
from tests.fakes.scenes import paste_face, wall

COUNTS = (1, 2, 4, MAX_FACES)
FRAMES = 300
FACE_SIDE = 110


def cpu_ms(analyser: Analyser, count: int, *, everybody: bool) -> float:
    """Return the CPU milliseconds a frame that shows so many faces."""
    frame, astronaut = wall(640, 480), np.asarray(data.astronaut(), np.uint8)
    for number in range(count):
        place = ((number % 3 + 0.5) / 3, 0.27 + 0.5 * (number // 3))
        paste_face(frame, astronaut, FACE_SIDE, place)
    sight = Sight()

    def read(number: int) -> int:
        look = sight.look(frame.copy, number / RATE, analyser, everybody=everybody)
        sight.keep(look, number / RATE)
        return len(look.together.faces) if look.together else int(look.box is not None)

    if read(0) != count:
        raise AssertionError(f"{count} faces are not found")
    before = time.process_time()
    for number in range(1, FRAMES):
        read(number)
    return (time.process_time() - before) * 1000 / (FRAMES - 1)


def main() -> None:
    """Print the table."""
    use_one_blas_thread()
    analyser = Analyser((MtcnnDetector(DETECTOR), EmotionFusion(SHIPPED)))
    measure = partial(cpu_ms, analyser)
    sys.stdout.write(f"one alone: {measure(1, everybody=False):.1f} ms a frame\n")
    for count in COUNTS:
        sys.stdout.write(f"all of {count}: {measure(count, everybody=True):.1f} ms a frame\n")


if __name__ == "__main__":
    main()

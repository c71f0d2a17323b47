"""Speed of each stage against a peer in the same run: ``python -m tests.bench [--quick] [--json]``.

CPU time, not time on the clock: it says what a frame costs whoever else uses the machine. The peer
is the unmodified `mtcnn` package and Keras' `model.predict` of the same nets. The short form takes
half a minute: everything is smaller, as `tests/bench/sizes.py` says.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

import cv2

from detectors.emotions import EmotionFusion
from detectors.errors import DetectorError
from detectors.faces import MtcnnDetector
from detectors.following import FaceFollower
from detectors.pipeline import Analyser, SteadyReading, crop_face
from detectors.threads import use_one_blas_thread
from detectors.weights import DETECTOR
from tests.bench import peer
from tests.bench.catalogue import TABLE_ROWS, import_s, ranking
from tests.bench.clip import RATE, frames
from tests.bench.measure import ROOT, clip_cpu_ms, cpu_ms, start
from tests.bench.music import hearing_cpu_s
from tests.bench.recall import made_frames
from tests.bench.recall import measure as measure_recall
from tests.bench.sizes import FULL, QUICK

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tests.bench.peer import PeerFigures
    from tests.bench.sizes import Sizes

FUSION = ROOT / "models" / "manifest.json"
Figures = dict[str, float | None]


def measure(sizes: Sizes) -> tuple[Figures, PeerFigures]:
    """Return all figures, and those of the peers by stage."""
    startup_s, rss_mb = start(DETECTOR, FUSION, sizes)
    detector, fusion = MtcnnDetector(DETECTOR), EmotionFusion(FUSION)
    clip, made = frames(sizes.clip_frames), made_frames(sizes.recall_frames)
    frame = clip[0]
    (seen, *_) = detector.detect(frame)
    face = crop_face(frame, seen)
    analyser, follower, steady = Analyser((detector, fusion)), FaceFollower(), SteadyReading()

    def live(number: int, frame: NDArray[np.uint8]) -> None:
        seconds = number / RATE
        steady.add(seconds, analyser.follow(frame, seconds, follower).scores)

    live_cpu_ms = clip_cpu_ms(live, clip, sizes)
    ours = (
        measure_recall(lambda frame: [face.box for face in detector.detect(frame)], made)
        if made
        else None
    )
    figures: Figures = {
        "live_cpu_ms": live_cpu_ms,
        "searched_cpu_ms": cpu_ms(
            lambda: fusion.predict(crop_face(frame, detector.detect(frame)[0])), sizes
        ),
        "detect_cpu_ms": cpu_ms(lambda: detector.detect(frame), sizes),
        "follow_cpu_ms": cpu_ms(lambda: detector.follow(frame, seen), sizes),
        "fusion_cpu_ms": cpu_ms(lambda: fusion.predict(face), sizes),
        "startup_s": startup_s,
        "rss_mb": rss_mb,
        "import_s": import_s(sizes.table_rows),
    }
    ranked = ranking(sizes)
    heard_cpu_s = hearing_cpu_s(sizes)
    # Their frames are made anew in another process: these need not lie in the memory beside them.
    del clip, made
    theirs = peer.measure(face, sizes)
    baseline, package = theirs.cpu_ms.get("clip"), theirs.recall
    figures |= {
        "rank_p95_ms": ranked.p95_ms,
        "rank_p95_busy_ms": ranked.p95_busy_ms,
        "rank_vs_pandas": ranked.vs_pandas,
        "music_real_time": 1 / heard_cpu_s,
        "music_vs_tensorflow": theirs.tagger_cpu_s and theirs.tagger_cpu_s / heard_cpu_s,
        "baseline_cpu_ms": baseline,
        "ratio": baseline and baseline / live_cpu_ms,
        "recall_ours": ours and ours.recall,
        "recall_package": package and package.recall,
        "overlap_ours": ours and ours.mean_overlap,
        "overlap_package": package and package.mean_overlap,
        "false_boxes_ours": ours and ours.false_boxes,
        "false_boxes_package": package and package.false_boxes,
    }
    return figures, theirs


def show(figures: Figures, theirs: PeerFigures, sizes: Sizes) -> None:
    """Print the table."""
    stages = [
        ("detection, 640×480", "detect_cpu_ms", "detect"),
        ("the face followed", "follow_cpu_ms", "detect"),
        ("expression, one face", "fusion_cpu_ms", "fusion"),
        ("a frame with detection", "searched_cpu_ms", "searched"),
        ("a frame of the clip", "live_cpu_ms", "clip"),
    ]
    print(f"{'CPU time, median, ms':<24}{'Moodring':>10}{'peer':>10}{'ratio':>8}")
    for title, name, other in stages:
        ours, against = figures[name], theirs.cpu_ms.get(other)
        beside = "       –       –" if against is None else f"{against:10.1f}{against / ours:8.1f}"
        print(f"{title:<24}{ours:10.2f}{beside}")
    if figures["recall_ours"] is not None:
        print(f"\n{'detection':<24}{'Moodring':>10}{'package':>10}")
        for title, name in (
            ("recall", "recall"),
            ("mean overlap", "overlap"),
            ("false boxes a frame", "false_boxes"),
        ):
            ours, against = figures[f"{name}_ours"], figures[f"{name}_package"]
            print(f"{title:<24}{ours:10.3f}{'–' if against is None else f'{against:.3f}':>10}")
    if figures["import_s"] is not None:
        print(f"\n{sizes.table_rows or TABLE_ROWS:,} rows imported in {figures['import_s']:.1f} s")
    print(
        f"twelve of {sizes.tracks:,} tracks in {figures['rank_p95_ms']:.1f} ms (p95; "
        f"{figures['rank_p95_busy_ms']:.1f} ms while both cores are busy), "
        f"{figures['rank_vs_pandas']:.1f} times as fast as pandas sorts them"
    )
    print(
        f"a song of {sizes.song_s} s heard {figures['music_real_time']:.0f} × faster than it plays"
    )
    memory = figures["rss_mb"]
    print(f"\nready after {figures['startup_s']:.2f} s", end="")
    print("" if memory is None else f", with {memory:.0f} MB of memory")


def main() -> int:
    """Run the benchmark; exit status 1 when the models cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less of everything")
    parser.add_argument("--json", action="store_true", help="end stdout with one JSON object")
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL
    # OpenCV's own threads would help us and not the peer.
    cv2.setNumThreads(1)
    # The app does the same.
    use_one_blas_thread()
    try:
        figures, theirs = measure(sizes)
    except DetectorError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        rounded = {name: value and round(value, 3) for name, value in figures.items()}
        print(json.dumps({"quick": options.quick, **rounded}, allow_nan=False))
    else:
        show(figures, theirs, sizes)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

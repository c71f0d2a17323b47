"""Speed of each stage against a peer in the same run: ``python -m tests.bench [--json]``.

CPU time, not time on the clock: it says what a frame costs whoever else uses the machine. The peer
is the unmodified `mtcnn` package and Keras' `model.predict` of the same nets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING

import cv2

from detectors.conversion import converted_detector
from detectors.emotions import EmotionFusion
from detectors.errors import DetectorError
from detectors.faces import MtcnnDetector
from detectors.following import FaceFollower
from detectors.pipeline import Analyser, SteadyReading, analyse_frame, crop_face
from recommender.settings import BadSetting, settings_from
from tests.bench.catalogue import import_s, ranking
from tests.bench.clip import RATE, frames
from tests.bench.measure import ROOT, cpu_ms, start
from tests.bench.music import real_time
from tests.bench.peer import load_peer
from tests.bench.recall import made_frames
from tests.bench.recall import measure as measure_recall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

# The first frames make the nets ready for the frame's size.
WARM_UP_FRAMES = 10

FUSION = ROOT / "models" / "manifest.json"
Figures = dict[str, float | None]


def clip_cpu_ms(
    read: Callable[[int, NDArray[np.uint8]], object], clip: list[NDArray[np.uint8]]
) -> float:
    """Mean CPU time of a frame of the clip, over all threads of this process."""
    for number, frame in enumerate(clip[:WARM_UP_FRAMES]):
        read(number, frame)
    before = time.process_time()
    for number, frame in enumerate(clip, WARM_UP_FRAMES):
        read(number, frame)
    return (time.process_time() - before) / len(clip) * 1000


def measure(detector_manifest: Path) -> tuple[Figures, Figures]:
    """Return the figures of the app, and those of the peer by stage."""
    # Before TensorFlow, whose threads would not leave this process alone.
    startup_s, rss_mb = start(detector_manifest, FUSION)
    detector, fusion = MtcnnDetector(detector_manifest), EmotionFusion(FUSION)
    clip, made = frames(), made_frames()
    frame = clip[0]
    (seen, *_) = detector.detect(frame)
    face = crop_face(frame, seen)
    analyser, follower, steady = Analyser((detector, fusion)), FaceFollower(), SteadyReading()

    def live(number: int, frame: NDArray[np.uint8]) -> None:
        seconds = number / RATE
        steady.add(seconds, analyser.follow(frame, seconds, follower).scores)

    live_cpu_ms = clip_cpu_ms(live, clip)
    ours = (
        measure_recall(lambda frame: [face.box for face in detector.detect(frame)], made)
        if made
        else None
    )
    figures: Figures = {
        "live_cpu_ms": live_cpu_ms,
        "searched_cpu_ms": cpu_ms(lambda: analyse_frame(frame, detector, fusion)),
        "detect_cpu_ms": cpu_ms(lambda: detector.detect(frame)),
        "follow_cpu_ms": cpu_ms(lambda: detector.follow(frame, seen)),
        "fusion_cpu_ms": cpu_ms(lambda: fusion.predict(face)),
        "baseline_cpu_ms": None,
        "ratio": None,
        "recall_ours": ours and ours.recall,
        "recall_package": None,
        "overlap_ours": ours and ours.mean_overlap,
        "overlap_package": None,
        "false_boxes_ours": ours and ours.false_boxes,
        "false_boxes_package": None,
        "startup_s": startup_s,
        "rss_mb": rss_mb,
        "import_s": import_s(),
    }
    figures["rank_p95_ms"], figures["rank_vs_pandas"] = ranking()
    figures["music_real_time"], figures["music_vs_tensorflow"] = real_time()
    try:
        peer = load_peer()
    except ImportError as error:
        print(f"no peer to compare with: {error}", file=sys.stderr)
        return figures, {}
    baseline = clip_cpu_ms(lambda _, frame: peer.read(frame), clip)
    figures |= {"baseline_cpu_ms": baseline, "ratio": baseline / live_cpu_ms}
    if made:
        theirs = measure_recall(
            lambda frame: [tuple(map(float, one["box"])) for one in peer.detect(frame)], made
        )
        figures |= {
            "recall_package": theirs.recall,
            "overlap_package": theirs.mean_overlap,
            "false_boxes_package": theirs.false_boxes,
        }
    return figures, {
        "searched": cpu_ms(lambda: peer.read(frame)),
        "detect": cpu_ms(lambda: peer.detect(frame)),
        "fusion": cpu_ms(lambda: peer.predict(face)),
        "clip": baseline,
    }


def show(figures: Figures, peer: Figures) -> None:
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
        ours, theirs = figures[name], peer.get(other)
        against = (
            "       –       –" if not (ours and theirs) else f"{theirs:10.1f}{theirs / ours:8.1f}"
        )
        print(f"{title:<24}{ours:10.2f}{against}")
    if figures["recall_ours"] is not None:
        print(f"\n{'detection':<24}{'Moodring':>10}{'package':>10}")
        for title, name in (
            ("recall", "recall"),
            ("mean overlap", "overlap"),
            ("false boxes a frame", "false_boxes"),
        ):
            ours, theirs = figures[f"{name}_ours"], figures[f"{name}_package"]
            print(f"{title:<24}{ours:10.3f}{'–' if theirs is None else f'{theirs:.3f}':>10}")
    if figures["import_s"] is not None:
        print(f"\n54,372 rows imported in {figures['import_s']:.1f} s")
    print(
        f"twelve of a million tracks in {figures['rank_p95_ms']:.1f} ms (p95), "
        f"{figures['rank_vs_pandas']:.0f} times as fast as pandas sorts them"
    )
    print(f"a song of three minutes heard {figures['music_real_time']:.0f} × faster than it plays")
    memory = figures["rss_mb"]
    print(f"\nready after {figures['startup_s']:.2f} s", end="")
    print("" if memory is None else f", with {memory:.0f} MB of memory")


def main() -> int:
    """Run the benchmark; exit status 1 when the models cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end stdout with one JSON object")
    options = parser.parse_args()
    # OpenCV's own threads would help us and not the peer.
    cv2.setNumThreads(1)
    try:
        figures, peer = measure(converted_detector(settings_from(os.environ).data_dir))
    except (BadSetting, DetectorError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        rounded = {name: value and round(value, 3) for name, value in figures.items()}
        print(json.dumps(rounded, allow_nan=False))
    else:
        show(figures, peer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

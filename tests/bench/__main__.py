"""Speed of each stage against a peer in the same run: ``python -m tests.bench [--json]``.

CPU time, not time on the clock: it says what a frame costs whoever else uses the machine. The peer
is the unmodified `mtcnn` package and Keras' `model.predict` of the same two nets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage import data

from detectors.conversion import converted_detector
from detectors.emotions import EmotionFusion
from detectors.errors import DetectorError
from detectors.faces import MtcnnDetector
from detectors.pipeline import analyse_frame, crop_face
from recommender.settings import BadSetting, settings_from
from tests.bench.measure import ROOT, cpu_ms, start
from tests.bench.peer import load_peer

if TYPE_CHECKING:
    from pathlib import Path

FUSION = ROOT / "models" / "manifest.json"
Figures = dict[str, float | None]


def measure(detector_manifest: Path) -> tuple[Figures, Figures]:
    """Return the figures of the app, and those of the peer by stage."""
    # Before TensorFlow, whose threads would not leave this process alone.
    startup_s, rss_mb = start(detector_manifest, FUSION)
    detector, fusion = MtcnnDetector(detector_manifest), EmotionFusion(FUSION)
    frame = cv2.resize(data.astronaut()[:384], (640, 480), interpolation=cv2.INTER_AREA)
    frame = np.ascontiguousarray(frame, dtype=np.uint8)
    (seen, *_) = detector.detect(frame)
    face = crop_face(frame, seen)
    live = cpu_ms(lambda: analyse_frame(frame, detector, fusion))
    figures: Figures = {
        "live_cpu_ms": live,
        "detect_cpu_ms": cpu_ms(lambda: detector.detect(frame)),
        "fusion_cpu_ms": cpu_ms(lambda: fusion.predict(face)),
        "baseline_cpu_ms": None,
        "ratio": None,
        "startup_s": startup_s,
        "rss_mb": rss_mb,
    }
    try:
        peer = load_peer()
    except ImportError as error:
        print(f"no peer to compare with: {error}", file=sys.stderr)
        return figures, {}
    baseline = cpu_ms(lambda: peer.read(frame))
    figures |= {"baseline_cpu_ms": baseline, "ratio": baseline / live}
    return figures, {
        "detect": cpu_ms(lambda: peer.detect(frame)),
        "fusion": cpu_ms(lambda: peer.predict(face)),
        "whole": baseline,
    }


def show(figures: Figures, peer: Figures) -> None:
    """Print the table."""
    stages = [
        ("detection, 640×480", "detect_cpu_ms", "detect"),
        ("expression, one face", "fusion_cpu_ms", "fusion"),
        ("a whole frame", "live_cpu_ms", "whole"),
    ]
    print(f"{'CPU time, median, ms':<24}{'Moodring':>10}{'peer':>10}{'ratio':>8}")
    for title, name, other in stages:
        ours, theirs = figures[name], peer.get(other)
        against = (
            "       –       –" if not (ours and theirs) else f"{theirs:10.1f}{theirs / ours:8.1f}"
        )
        print(f"{title:<24}{ours:10.2f}{against}")
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

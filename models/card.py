"""Evaluate the shipped fusion and write the figures into its card.

``python -m models.card --data publictest.npz`` rewrites the part of ``emotions.md`` between the two
marks, and draws ``confusion.svg``. Takes a few minutes.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from detectors.emotions import FACE_SIZE, EmotionFusion, Probabilities
from detectors.types import EMOTIONS, FERPLUS_LABELS
from detectors.weights import DETECTOR, SHIPPED, read_manifest
from models import BadInput, daily_pictures, run
from models.calibration import cross_fitted, logits_of
from models.emotion_figures import emotion_of_majority, figures, predict, shown
from models.face_table import FaceTable, load_faces
from models.metrics import expected_calibration_error, majority
from models.through_camera import camera_figures, streamed
from recommender.commands import PATH

CARD = Path(__file__).parent / "emotions.md"
PICTURE = "confusion.svg"
BEGIN, END = "<!-- measured: python -m models.card -->", "<!-- end of what was measured -->"
# Bits a second of a video; None: not compressed.
STREAM_RATES = {"not compressed": None, "600,000": 600_000, "300,000": 300_000, "150,000": 150_000}
STREAM_STEP = 10
THRESHOLDS = (0.0, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8)


def _half(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = cv2.resize(face, (FACE_SIZE // 2,) * 2, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape), dtype=np.uint8)


def _rolled(face: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    centre = (FACE_SIZE / 2 - 0.5, FACE_SIZE / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1)
    rolled = cv2.warpAffine(face, matrix, face.shape, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rolled, dtype=np.uint8)


DAMAGE: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as they are": lambda face: face,
    "blurred (by 1.5 pixels)": lambda face: np.asarray(
        cv2.GaussianBlur(face, (0, 0), 1.5), dtype=np.uint8
    ),
    "blurred by motion (5 pixels, across)": lambda face: daily_pictures.motion_blurred(face, 5, 0),
    "noise of 10 levels": lambda face: daily_pictures.noisy(face, 10, np.random.default_rng(10)),
    "dark (a third of the light, noise of 4 levels)": lambda face: daily_pictures.noisy(
        face, 4, np.random.default_rng(4), 0.33
    ),
    "light from behind": lambda face: daily_pictures.back_lit(face, 0.8),
    "light from one side": lambda face: daily_pictures.side_lit(face, 0.8, 0),
    "light from below": lambda face: daily_pictures.side_lit(face, 0.8, 90),
    "head tilted by 30°": lambda face: _rolled(face, 30),
    "head tilted by −30°": lambda face: _rolled(face, -30),
    "head turned by 30°": lambda face: daily_pictures.turned_head(face, 30),
    "head turned by −30°": lambda face: daily_pictures.turned_head(face, -30),
    "glasses (drawn)": daily_pictures.with_glasses,
    "sun glasses (drawn)": lambda face: daily_pictures.with_glasses(face, rim=20, tint=0.7),
    "a mask over nose and mouth (drawn)": daily_pictures.with_mask,
    "half size (24 pixels)": _half,
    "one key frame of VP8, WebP quality 5": lambda face: daily_pictures.compressed(face, 5),
}


def table_of(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """Return a Markdown table; floats get three decimals, None a dash."""

    def cell(value: object) -> str:
        if value is None:
            return "–"
        return f"{value:.3f}" if isinstance(value, float) else f"{value}"

    lines = [header, ("---",) * len(header), *rows]
    return ["| " + " | ".join(cell(value) for value in line) + " |" for line in lines]


def precision_and_recall(
    predicted: NDArray[np.intp], truth: NDArray[np.integer], names: tuple[str, ...]
) -> list[tuple[object, ...]]:
    """Return rows of class, faces, precision, recall and F1."""
    columns = precision_recall_fscore_support(
        truth, predicted, labels=range(len(names)), zero_division=np.nan
    )
    return [
        (name, int(were), *(None if np.isnan(value) else float(value) for value in values))
        for name, *values, were in zip(names, *columns, strict=True)
    ]


def _accuracy(
    result: dict[str, Any],
    found: Probabilities,
    table: FaceTable,
    float32: tuple[float, float] | None,
) -> list[str]:
    label, truth = table.label.astype(np.intp), majority(votes_of(table))
    fer = cross_fitted(logits_of(found.cnn_fer), logits_of(found.dcnn_fer), label)
    plus = cross_fitted(logits_of(found.cnn_plus), logits_of(found.dcnn_plus), truth)

    def within(name: str) -> str:
        low, high = result["ci95"][name]
        return f"**{result[name]:.3f}** ({low:.3f} to {high:.3f})"

    by_both = [
        ("**fusion**", within("fer2013_accuracy"), within("ferplus_accuracy")),
        (
            "its blend cross-fitted (5 folds)",
            float((fer.argmax(axis=1) == label).mean()),
            float((plus.argmax(axis=1) == truth).mean()),
        ),
        ("the fusion with float32 weights", *(float32 or (None, None))),
        ("CNN alone", *result["cnn"].values()),
        ("DCNN alone", *result["dcnn"].values()),
        ("what the app shows", *list(result["shown"].values())[:2]),
    ]
    more = [
        ("macro-F1, FER-2013", within("fer2013_macro_f1")),
        ("accuracy on the surest 80 % of the faces, FER-2013", result["accuracy_at_80"]),
        (
            "accuracy where more than half of the voters agree, FER+",
            result["ferplus_accuracy_clear"],
        ),
        ("calibration error of the FER+ head (15 bins)", result["ece"]),
        ("the same, the blend cross-fitted", expected_calibration_error(plus, truth)),
        (
            "what the app shows, on the faces where both label sets agree",
            result["shown"]["accuracy_where_labels_agree"],
        ),
    ]
    return [
        f"On publictest ({result['n']:,} faces), the exported file. Intervals: 95 %, from 2,000 "
        "bootstrap samples of the faces.",
        "",
        *table_of(("accuracy", "FER-2013, 7 classes", "FER+ majority, 8"), by_both),
        "",
        *table_of(("", ""), more),
    ]


def _float32(manifest: Path) -> tuple[float, float] | None:
    """Return both accuracies as measured at the export, before quantisation."""
    facts = read_manifest(manifest)["fusion"].facts
    stated = facts.get("metrics", {}).get("publictest_float32")
    return stated and (stated["fer2013_accuracy"], stated["ferplus_accuracy"])


def _classes(found: Probabilities, table: FaceTable) -> list[str]:
    fer, plus = found.fer.argmax(axis=1), found.plus.argmax(axis=1)
    truth = majority(votes_of(table))
    header = ("faces", "precision", "recall", "F1")
    return [
        *table_of(("FER-2013 class", *header), precision_and_recall(fer, table.label, EMOTIONS)),
        "",
        *table_of(("FER+ majority", *header), precision_and_recall(plus, truth, FERPLUS_LABELS)),
        "",
        f"![Confusion matrices: rows are the labels, columns what the fusion says]({PICTURE})",
    ]


def _agreement(result: dict[str, Any]) -> list[str]:
    rows = [(name, *group.values()) for name, group in result["by_agreement"].items()]
    return [
        "By agreement of the ten FER+ voters:",
        "",
        *table_of(("votes", "faces", "FER-2013", "FER+"), rows),
    ]


def _damaged(model: EmotionFusion, table: FaceTable) -> list[str]:
    truth = majority(votes_of(table))
    rows = []
    for name, damage in DAMAGE.items():
        said = predict(model, np.stack([damage(face) for face in table.images]))
        fer = float((said.fer.argmax(axis=1) == table.label).mean())
        rows.append((name, fer, float((said.plus.argmax(axis=1) == truth).mean())))
    return [
        "With worse pictures of the same faces:",
        "",
        *table_of(("faces", "FER-2013", "FER+"), rows),
        "",
        f"Each {STREAM_STEP}th of them in a video of 640×480, 15 pictures a second, in VP8 as "
        "WebRTC sends it, cut out of the tenth picture at the place where it was pasted:",
        "",
        *table_of(("bits a second", "FER-2013", "FER+"), _streamed(model, table)),
    ]


def _streamed(model: EmotionFusion, table: FaceTable) -> list[tuple[object, ...]]:
    rows = slice(None, None, STREAM_STEP)
    label, truth = table.label[rows], majority(votes_of(table))[rows]
    found: list[tuple[object, ...]] = []
    for name, rate in STREAM_RATES.items():
        said = predict(model, streamed(table.images[rows], rate))
        fer, plus = (
            float((head.argmax(axis=1) == right).mean())
            for head, right in ((said.fer, label), (said.plus, truth))
        )
        found.append((name, fer, plus))
    return found


def _camera(result: dict[str, Any], count: int) -> list[str]:
    rows = [
        ("faces that the unmodified `mtcnn` finds", f"{result['detectable']:,} of {count:,}"),
        ("of those found by Moodring's detector", result["found"]),
        ("FER-2013 accuracy as cut out by the pipeline", result["through_camera_accuracy"]),
        ("the same faces as they stand in the table", result["direct_accuracy_same_faces"]),
    ]
    return [
        "Through the camera, pasted into scenes of 640×480 at 90 to 300 pixels:",
        "",
        *table_of(("", ""), rows),
    ]


def _sure(found: Probabilities, table: FaceTable) -> list[str]:
    joined = shown(found)
    top, said = joined.max(axis=1), joined.argmax(axis=1)
    emotion = emotion_of_majority(votes_of(table))
    rows = []
    for threshold in THRESHOLDS:
        kept = top >= threshold
        right = [
            float((said == truth)[kept].mean()) if kept.any() else None
            for truth in (table.label, emotion)
        ]
        rows.append((f"{threshold:.2f}", float(kept.mean()), *right))
    return [
        "What the app shows, where its leading emotion has at least this probability:",
        "",
        *table_of(("from", "share of faces", "right by FER-2013", "right by FER+"), rows),
    ]


def votes_of(table: FaceTable) -> NDArray[np.uint8]:
    """Return the FER+ votes, which every part of the card needs.

    Raises
    ------
    BadInput
        When the table has none.
    """
    if table.votes is None:
        raise BadInput("the card needs FER+ votes")
    return table.votes


def write_card(card: Path, manifest: Path, table: FaceTable, detector_manifest: Path) -> None:
    """Evaluate, rewrite the measured part of ``card``, and draw the picture beside it."""
    truth = majority(votes_of(table))
    card.read_text(encoding="utf-8")  # fail now, not in minutes, when it cannot be read
    model = EmotionFusion(manifest)
    found = predict(model, table.images)
    result = figures(found, table)
    parts = [
        _accuracy(result, found, table, _float32(manifest)),
        _classes(found, table),
        _agreement(result),
        _damaged(model, table),
        _camera(camera_figures(model, table, found, detector_manifest), result["n"]),
        _sure(found, table),
    ]
    measured = "\n\n".join("\n".join(part) for part in parts)
    # Read again, so that edits during the evaluation are kept.
    before, _, rest = card.read_text(encoding="utf-8").partition(BEGIN)
    text = f"{before}{BEGIN}\n\n{measured}\n\n{END}{rest.partition(END)[2]}"
    picture = draw(
        confusion_matrix(table.label, found.fer.argmax(axis=1), labels=range(len(EMOTIONS))),
        EMOTIONS,
        confusion_matrix(truth, found.plus.argmax(axis=1), labels=range(len(FERPLUS_LABELS))),
        FERPLUS_LABELS,
    )
    card.with_name(PICTURE).write_text(picture, encoding="utf-8")
    card.write_text(text, encoding="utf-8")


CELL = 46
LABEL = 84
GAP = 48
INK = "#24182c"
HUE = (109, 60, 203)


def draw(
    first: NDArray[np.intp],
    first_names: tuple[str, ...],
    second: NDArray[np.intp],
    second_names: tuple[str, ...],
) -> str:
    """Return an SVG of two matrices of counts, each row shaded and labelled in per cent."""
    rows = max(len(first_names), len(second_names))
    width = 2 * LABEL + (len(first_names) + len(second_names)) * CELL + GAP + 40
    height = 68 + rows * CELL + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" rx="12" fill="#ffffff"/>',
        *_matrix(first, first_names, "FER-2013", 0),
        *_matrix(second, second_names, "FER+", LABEL + len(first_names) * CELL + GAP),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _matrix(counts: NDArray[np.intp], names: tuple[str, ...], title: str, left: int) -> list[str]:
    x0, y0 = left + LABEL, 68
    parts = [f'<text x="{x0}" y="24" font-size="15" font-weight="600" fill="{INK}">{title}</text>']
    for index, name in enumerate(names):
        middle = index * CELL + CELL / 2
        parts.append(
            f'<text x="{x0 - 8}" y="{y0 + middle + 4:g}" text-anchor="end" '
            f'fill="{INK}">{name}</text>'
        )
        # Slanted, so that long names do not overlap.
        x, y = x0 + middle - 8, y0 - 6
        parts.append(
            f'<text x="{x:g}" y="{y}" transform="rotate(-28 {x:g} {y})" fill="{INK}">{name}</text>'
        )
    for row, values in enumerate(counts):
        total = int(values.sum())
        for column, value in enumerate(values.tolist()):
            share = value / total if total else 0.0
            shade = ",".join(str(round(255 - (255 - one) * share)) for one in HUE)
            x, y = x0 + column * CELL, y0 + row * CELL
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" rx="5" '
                f'fill="rgb({shade})"/>'
            )
            if total:
                ink = "#ffffff" if share > 0.5 else INK  # noqa: PLR2004 - dark ground, light ink
                parts.append(
                    f'<text x="{x + CELL / 2 - 1:g}" y="{y + CELL / 2 + 3:g}" text-anchor="middle" '
                    f'fill="{ink}">{share:.0%}</text>'
                )
    return parts


@click.command("models.card", help=__doc__)
@click.option("--data", type=PATH, required=True, help="publictest.npz")
@click.option("--card", type=PATH, default=CARD, help="default: the shipped card")
def command(data: Path, card: Path) -> None:
    """Evaluate the shipped fusion."""
    table = load_faces(data)
    write_card(card, SHIPPED, table, DETECTOR)


if __name__ == "__main__":
    sys.exit(run(command))

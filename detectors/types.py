"""Values and protocols of the detectors. No value holds a pixel."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for a person, before it is put into words (`recommender.wording`).

    Attributes
    ----------
    id : str, names the sentence for good, as "picture-too-large"
    values : mapping of str to str, number or Message, what the sentence names
    """

    id: str
    values: Mapping[str, object] = field(default_factory=dict)

    def packed(self) -> str:
        """Return the message as JSON, for another process or the database."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """Return a packed message; any other text becomes the id, which is then shown as it is."""
        try:
            found = json.loads(text, object_hook=_message_in)
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, cls) else cls(text)


def _message_in(found: dict[str, object]) -> object:
    match found:
        case {"id": str(name), "values": dict(values), **more} if not more:
            return Message(name, values)
    return found


class MessageError(Exception):
    """An error that tells a person a message; it can be pickled."""

    def __init__(self, message_id: str, /, **values: object) -> None:
        super().__init__(message_id)
        self.message = Message(message_id, values)

    def __str__(self) -> str:
        """Return the id and the values, for logs."""
        values = (f"{name}={value!r}" for name, value in self.message.values.items())
        return " ".join((self.message.id, *values))


def message_of(error: Exception) -> Message:
    """Return the message of an error; for errors of libraries, their text or type."""
    if isinstance(error, MessageError):
        return error.message
    return Message(f"{error}" or type(error).__name__)


# The seven classes of FER-2013, in the order of its label column.
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# The eight expressions of FER+, in the order of its vote columns.
FERPLUS_LABELS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
# The emotion of each FER+ expression; contempt is reported separately.
EMOTION_OF_FERPLUS = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
}
# The quadrants of Russell's plane: happy and excited, angry and tense, sad, calm and tender.
QUADRANTS = ("q1", "q2", "q3", "q4")
# The nine feelings of the Geneva Emotional Music Scale (Zentner et al., Emotion 8, 2008), with the
# names and in the order of Emotify (Aljanaki et al. 2015).
GEMS_FEELINGS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
# Minimum probability at which the leading emotion is named; below it, the answer is "not sure".
SURE_FROM = 0.45
# Tolerance of a sum of probabilities: float32 rounding.
SUM_TOLERANCE = 1e-3
# Minimum width and height of a frame, in pixels.
MIN_FRAME_SIDE = 48
# A box is (x, y, width, height).
BOX_VALUES = 4


@dataclass(frozen=True, slots=True)
class Face:
    """The position of a face. Carries no pixels, so that none can leak through a log or a queue.

    Attributes
    ----------
    box : (x, y, w, h) in pixels of the frame, w and h > 0; may reach beyond the frame's edge
    confidence : float, 0..1
    landmarks : left eye, right eye, nose, left and right corner of the mouth, (x, y) in pixels
    """

    box: tuple[float, float, float, float]
    confidence: float
    landmarks: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Reject an impossible box or confidence."""
        if (
            len(self.box) != BOX_VALUES
            or not all(math.isfinite(value) for value in self.box)
            or min(self.box[2:]) <= 0
        ):
            message = f"not a box: {self.box}"
            raise ValueError(message)
        if not 0 <= self.confidence <= 1:
            message = f"confidence must be 0..1, not {self.confidence}"
            raise ValueError(message)

    @property
    def area(self) -> float:
        """Size of the box in square pixels."""
        return self.box[2] * self.box[3]


@dataclass(frozen=True, slots=True)
class EmotionScores:
    """Probabilities of the seven emotions, and of contempt separately.

    Attributes
    ----------
    angry, disgust, fear, happy, sad, surprise, neutral : float, 0..1, sum 1
    contempt : float, 0..1, the FER+ head's probability of contempt
    """

    angry: float
    disgust: float
    fear: float
    happy: float
    sad: float
    surprise: float
    neutral: float
    contempt: float = 0.0

    def __post_init__(self) -> None:
        """Reject anything that is not a distribution."""
        values = self.as_tuple()
        if not all(0 <= value <= 1 for value in (*values, self.contempt)):
            message = f"probabilities must be 0..1: {values}, contempt {self.contempt}"
            raise ValueError(message)
        if abs(sum(values) - 1) > SUM_TOLERANCE:
            message = f"probabilities must sum to 1, not {sum(values)}"
            raise ValueError(message)

    @classmethod
    def from_heads(cls, fer: Mapping[str, float], plus: Mapping[str, float]) -> Self:
        """Average the probabilities of both heads, without contempt.

        Two groups of people labelled the training faces, and agree on two in three. Each head is
        best by its own labels; their mean is best where both agree (``models/emotions.md``).
        Mappings, not arrays, so that labels cannot be taken in the wrong order.

        Parameters
        ----------
        fer : mapping of each of `EMOTIONS` to its probability
        plus : mapping of each of `FERPLUS_LABELS` to its probability

        Raises
        ------
        ValueError
            When the labels differ or the values are not distributions.
        """
        if set(fer) != set(EMOTIONS) or set(plus) != set(FERPLUS_LABELS):
            message = f"expected {EMOTIONS} and {FERPLUS_LABELS}, got {(*fer,)} and {(*plus,)}"
            raise ValueError(message)
        for head in (fer, plus):
            if (
                not all(p >= 0 for p in head.values())
                or abs(sum(head.values()) - 1) > SUM_TOLERANCE
            ):
                message = f"not a distribution: {head}"
                raise ValueError(message)
        whole = sum(fer.values()) + sum(plus.values()) - plus["contempt"]
        shares = {EMOTION_OF_FERPLUS.get(label): value for label, value in plus.items()}
        # Rounding may lead a little above 1.
        joined = {name: min(1.0, (fer[name] + shares[name]) / whole) for name in EMOTIONS}
        return cls(**joined, contempt=plus["contempt"])

    def as_tuple(self) -> tuple[float, ...]:
        """Return the seven probabilities in the order of `EMOTIONS`."""
        return tuple(getattr(self, emotion) for emotion in EMOTIONS)

    def as_dict(self) -> dict[str, float]:
        """Return the seven probabilities by emotion, in the order of `EMOTIONS`."""
        return {emotion: getattr(self, emotion) for emotion in EMOTIONS}

    @property
    def leading(self) -> str:
        """The most probable emotion; on a tie the first in the order of `EMOTIONS`."""
        return max(EMOTIONS, key=lambda emotion: float(getattr(self, emotion)))

    @property
    def confidence(self) -> float:
        """The probability of the leading emotion, 0..1."""
        return max(self.as_tuple())

    @property
    def name(self) -> str | None:
        """The leading emotion if it is probable enough to be named, else None."""
        return self.leading if self.confidence >= SURE_FROM else None


@dataclass(frozen=True, slots=True)
class MusicScores:
    """The mood of a piece of music.

    Attributes
    ----------
    quadrants : probability of each of `QUADRANTS`, 0..1, sum 1
    valence, energy : float, −1..1 and 0..1, its point in the plane
    feelings : for each of `GEMS_FEELINGS`, the share of listeners who would feel it, 0..1
    seconds : float or None, length of the piece; None when it was not measured
    tempo : float or None, beats a minute; None for a piece without a clear beat
    """

    quadrants: tuple[float, float, float, float]
    valence: float
    energy: float
    feelings: tuple[float, ...]
    seconds: float | None = None
    tempo: float | None = None

    def __post_init__(self) -> None:
        """Reject anything that is not a distribution, a point in the plane, or a share."""
        if len(self.quadrants) != len(QUADRANTS) or len(self.feelings) != len(GEMS_FEELINGS):
            message = f"expected {len(QUADRANTS)} quadrants and {len(GEMS_FEELINGS)} feelings"
            raise ValueError(message)
        if not all(0 <= share <= 1 for share in (*self.quadrants, *self.feelings)):
            message = f"shares must be 0..1: {self.quadrants}, {self.feelings}"
            raise ValueError(message)
        if abs(sum(self.quadrants) - 1) > SUM_TOLERANCE:
            message = f"quadrants must sum to 1, not {sum(self.quadrants)}"
            raise ValueError(message)
        if not (-1 <= self.valence <= 1 and 0 <= self.energy <= 1):
            message = f"outside the plane: {self.valence}, {self.energy}"
            raise ValueError(message)


class AudioTagger(Protocol):
    """A tagger of the mood of audio files."""

    @property
    def version(self) -> str:
        """Version of the models; a file tagged by another version is tagged again."""
        ...

    def tag(self, path: Path) -> MusicScores | Message:
        """Return the scores of a file, or why it cannot be used. MUST NOT raise."""
        ...


class FaceDetector(Protocol):
    """A detector of the faces in a frame."""

    def detect(self, frame: NDArray[np.uint8], smallest: float = 0.0) -> list[Face]:
        """Return the faces, largest first; [] when there is none.

        MUST raise only BadFrame, and MUST raise it rather than return [] for an unusable frame.

        Parameters
        ----------
        frame : uint8 RGB [shape=(height, width, 3)]
        smallest : float, pixels; smaller faces may be missed
        """
        ...

    def follow(self, frame: NDArray[np.uint8], face: Face) -> Face | None:
        """Return a face in a frame shortly after the last, or None. MUST raise only BadFrame."""
        ...


class EmotionModel(Protocol):
    """A classifier of the expression of a face."""

    def predict(self, face: NDArray[np.uint8]) -> EmotionScores:
        """Return the scores of a grey face [shape=(48, 48), uint8]. MUST raise only BadFrame."""
        ...

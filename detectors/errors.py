"""Errors of reading a face or tagging a piece of music.

DetectorError
├── BadAudio         the file is not usable music
├── BadFrame         the array is not a usable video frame
├── BadImage         the file is not a usable picture
├── CannotDecode     no picture can be decoded at the moment
└── WeightsMismatch  a model file is missing, altered, or not the one that the manifest names

Each carries the id and the values of its message; `recommender.wording` puts it into words.
"""

from __future__ import annotations

from detectors.types import MessageError


class DetectorError(MessageError):
    """Base class of the errors of this package."""


class BadAudio(DetectorError):
    """The file is not music of a known kind within the limits, or is silent."""


class BadFrame(DetectorError):
    """The frame is empty, has the wrong shape or type, holds NaN, or is too small or too large."""


class BadImage(DetectorError):
    """The bytes are not a JPEG, PNG, WEBP, HEIC or AVIF picture within the limits."""


class CannotDecode(DetectorError):
    """Too many pictures are queued, or no process can be started to decode them."""


class WeightsMismatch(DetectorError):
    """A model file is missing, altered, or has other inputs and outputs than the manifest says."""

"""Errors of reading a face or tagging a piece of music."""

from __future__ import annotations

from detectors.types import MessageError


class DetectorError(MessageError):
    """Base class of the errors of this package.

    Each carries the id and the values of its message; `recommender.wording` puts it into words.
    """


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

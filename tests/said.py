"""The English sentence of a message, for tests that look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detectors.types import Message
from recommender.wording import ENGLISH, sentence, sentences

if TYPE_CHECKING:
    from recommender.service import Recommendation
    from recommender.types import Tile


def said(message_id: str, /, **values: object) -> str:
    return sentence(Message(message_id, values), ENGLISH)


def notice_of(answer: Recommendation) -> str:
    return sentences(answer.notice)


def why_of(tile: Tile) -> str:
    return sentences(tile.why, " · ")

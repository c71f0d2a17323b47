"""Tokens in the addresses of sounds: signed, one browser's, and valid for some hours.

A token holds what it is for and when it ends, with an HMAC-SHA256 by the secret of the browsers'
cookies. Whoever sees an address in a log or a history has no cookie of that browser.
"""

import base64
import binascii
import hmac
import re

# Shortest validity of a token. A token made later in the same span is the same, so that a page
# that is drawn again names the same address and the song plays on.
LIFETIME_S = 8 * 3600
# Longest subject in bytes: a music server's own ids are shorter.
MAX_SUBJECT = 512
_TIME_BYTES, _TAG_BYTES = 8, 32
_FORMAT = re.compile(r"[A-Za-z0-9_-]{54,740}")


def token_of(kind: str, subject: str, browser: str, secret: bytes, now_s: float) -> str:
    """Return a token: letters, digits, - and _.

    Parameters
    ----------
    kind : str, route that the token is for
    subject : str, what is to be heard, 1 to `MAX_SUBJECT` bytes
    browser : str, id from `pages.ui.visitor.browser`, not empty
    now_s : float, seconds since 1970

    Raises
    ------
    ValueError
        When the subject or the browser has not a permitted length.
    """
    told = subject.encode()
    if not browser or not 0 < len(told) <= MAX_SUBJECT:
        raise ValueError("a token needs a browser and a subject of permitted length")
    ends = (int(now_s) // LIFETIME_S + 2) * LIFETIME_S
    payload = ends.to_bytes(_TIME_BYTES, "big") + told
    signed = payload + _tag(kind, payload, browser, secret)
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def subject_of(kind: str, token: str, browser: str, secret: bytes, now_s: float) -> str | None:
    """Return a token's subject; None when it is not this browser's, not for this, or has ended."""
    if not browser or _FORMAT.fullmatch(token) is None:
        return None
    try:
        signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        return None
    payload, tag = signed[:-_TAG_BYTES], signed[-_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(kind, payload, browser, secret)):
        return None
    ends = int.from_bytes(payload[:_TIME_BYTES], "big")
    return payload[_TIME_BYTES:].decode() if now_s < ends else None


def _tag(kind: str, payload: bytes, browser: str, secret: bytes) -> bytes:
    # No part but the last may hold the separator. A cookie's tag is of letters without any.
    return hmac.digest(secret, b"\n".join((kind.encode(), browser.encode(), payload)), "sha256")

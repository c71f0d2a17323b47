"""The owner's password, the same for all processes: its cookie, its page, and wrong ones."""

import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable
from html import escape

import streamlit as st

from pages.ui import resources
from pages.ui.visitor import language
from recommender import wording
from recommender.settings import BadSetting

COOKIE = "moodring_owner"
# Wrong passwords within `WINDOW_S` after which nobody may try, whoever sent them: addresses behind
# a proxy are whatever clients say. Seven thousand guesses a day find no password of 12 characters.
MAX_WRONG, WINDOW_S = 5, 60.0
# In bytes. A browser sends the password and its name; what is longer is not read.
MAX_FORM = 4096
FIELD = "password"
_NAME_DIGITS = 8
_STYLE = """
:root{color-scheme:light dark}
body{background:light-dark(LIGHT,DARK);font:1rem/1.5 system-ui,sans-serif;display:grid;
place-content:center;min-height:90vh;margin:0 1rem}
form{display:grid;gap:.75rem;width:min(20rem,90vw)}h1{font-size:1.4rem;margin:0}
label{display:grid;gap:.25rem}input,button{font:inherit;padding:.6rem .8rem;border-radius:.6rem;
border:1px solid light-dark(#757575,#8c8c8c)}button{cursor:pointer}p{margin:0}
"""


def known() -> str | None:
    """Return the password; None where there is none."""
    try:
        return resources.settings().owner_password
    except BadSetting:
        # The page shows the error; until it is mended, nobody signs in.
        return None


def cookie_name(secret: bytes) -> str:
    """Return the name of the cookie, the same for all processes: their ports may differ."""
    return f"{COOKIE}_{hashlib.sha256(b'owner' + secret).hexdigest()[:_NAME_DIGITS]}"


def cookie_of(password: str, secret: bytes) -> str:
    """Return the value of the cookie: an HMAC, of which nobody can guess the password."""
    return hmac.digest(secret, b"owner" + password.encode(), "sha256").hex()


class Tries:
    """The wrong passwords of the last time, for all clients together. For the event loop alone.

    Parameters
    ----------
    now : callable, returns the seconds of a monotonic clock
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG)

    @property
    def is_open(self) -> bool:
        """Whether somebody may try."""
        return len(self._wrong) < MAX_WRONG or self._now() - self._wrong[0] >= WINDOW_S

    def note_wrong(self) -> None:
        """Count a wrong password."""
        self._wrong.append(self._now())


def form(code: str, problem: str = "") -> str:
    """Return the page that asks for the password.

    Parameters
    ----------
    code : str, the language, of `recommender.wording.LANGUAGES`
    problem : str, id of the message about what was sent before, "" for none
    """

    def said(message_id: str) -> str:
        return escape(wording.sentence(wording.Message(message_id), code))

    light, dark = (st.get_option(f"theme.{mode}.backgroundColor") for mode in ("light", "dark"))
    style = _STYLE.replace("LIGHT", light).replace("DARK", dark)
    wrong = f'<p role="alert">{said(problem)}</p>' if problem else ""
    return (
        f'<!doctype html><html lang="{code}" dir="{language.direction(code)}">'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Moodring</title>"
        f'<style>{style}</style><main><form method="post"><h1>{said("owner-sign-in")}</h1>'
        f"<label>{said('owner-password')}"
        f'<input type="password" name="{FIELD}" autocomplete="current-password" required autofocus>'
        f"</label>{wrong}<button>{said('owner-sign-in-button')}</button></form></main></html>"
    )

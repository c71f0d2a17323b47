"""The shell of every page: what comes before its own part, and after it."""

from collections.abc import Callable

from pages.ui import theme
from pages.ui.library import scrobbling
from pages.ui.visitor import consent, listener


def draw(title: str, show: Callable[[], None]) -> None:
    """Draw a page.

    Parameters
    ----------
    title : str, as for `theme.page`
    show : callable, draws the page's own part
    """
    theme.page(title)
    consent.follow()
    show()
    scrobbling.hear()
    listener.keep_cookie()
    theme.wait_until_sent()

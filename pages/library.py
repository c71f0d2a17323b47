"""The Library page: the visitor's own songs in the plane, to play, correct and download."""

from __future__ import annotations

from pages.ui import consent, delivery, library, listener, theme

theme.page("Library")
consent.follow()
library.show()
listener.keep_cookie()
delivery.settle()

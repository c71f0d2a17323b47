"""The Library page: your own songs in the plane, to be played, corrected and brought along."""

from __future__ import annotations

from pages.ui import consent, delivery, library, listener, theme

theme.page("Library")
consent.follow()
library.show()
listener.keep_cookie()
delivery.settle()

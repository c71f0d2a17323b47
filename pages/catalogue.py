"""The Songs page: what the catalogue holds, and for its owner what else it should hold."""

from __future__ import annotations

from pages.ui import catalogue, consent, listener, theme

theme.page("Songs")
consent.follow()
catalogue.show()
listener.keep_cookie()

"""The History page: moods over the day and the week, likes and bans, and their deletion."""

from __future__ import annotations

from pages.ui import consent, history, listener, theme

theme.page("History")
consent.follow()
history.show()
listener.keep_cookie()

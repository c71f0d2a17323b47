"""The History page: moods over the day and the week, likes and bans, and their deletion."""

from pages.ui import theme
from pages.ui.history import page
from pages.ui.library import scrobbling
from pages.ui.visitor import consent, listener

theme.page("History")
consent.follow()
page.show()
scrobbling.hear()
listener.keep_cookie()

"""The Library page: the visitor's own songs in the plane, to play, correct and download."""

from pages.ui import theme
from pages.ui.library import page, scrobbling
from pages.ui.visitor import consent, listener

theme.page("Library")
consent.follow()
page.show()
scrobbling.hear()
listener.keep_cookie()
theme.wait_until_sent()

"""The Library page: the visitor's own songs in the plane, to play, correct and download."""

from pages.ui import theme
from pages.ui.library import page
from pages.ui.visitor import consent, listener

theme.page("Library")
consent.follow()
page.show()
listener.keep_cookie()
theme.wait_until_sent()

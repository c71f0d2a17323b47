"""The Songs page: all songs on the mood map, and for the owner their management."""

from pages.ui import theme
from pages.ui.catalogue import page
from pages.ui.library import scrobbling
from pages.ui.visitor import consent, listener

theme.page("Songs")
consent.follow()
page.show()
scrobbling.hear()
listener.keep_cookie()

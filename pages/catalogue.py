"""The Songs page: the catalogue's contents, and for the owner their management."""

from pages.ui import catalogue, theme
from pages.ui.visitor import consent, listener

theme.page("Songs")
consent.follow()
catalogue.show()
listener.keep_cookie()

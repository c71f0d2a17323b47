"""The Songs page: all songs on the mood map, and for the owner their management."""

from pages.ui import shell
from pages.ui.catalogue import page

shell.draw("Songs", page.show)

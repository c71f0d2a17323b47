"""The Library page: the visitor's own songs in the plane, to play, correct and download."""

from pages.ui import shell
from pages.ui.library import page

shell.draw("Library", page.show)

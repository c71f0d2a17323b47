"""The History page: moods over the day and the week, likes and bans, and their deletion."""

from pages.ui import shell
from pages.ui.history import page

shell.draw("History", page.show)

"""The About page: processing, storage, accuracy of the models, and withdrawal of consent."""

from __future__ import annotations

from pages.ui import about, theme
from pages.ui.visitor import consent

theme.page("About")
consent.follow()
about.show()

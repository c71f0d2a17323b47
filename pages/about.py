"""The About page: processing, storage, accuracy of the models, and withdrawal of consent."""

from pages.ui import about, theme
from pages.ui.library import scrobbling
from pages.ui.visitor import consent

theme.page("About")
consent.follow()
about.show()
scrobbling.hear()

"""The About page: processing, storage, accuracy of the models, and withdrawal of consent."""

from pages.ui import about, shell

shell.draw("About", about.show)

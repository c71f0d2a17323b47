"""The About page: what is computed, what is kept, how good it is, and how to withdraw."""

from __future__ import annotations

from pages.ui import about, consent, theme

theme.page("About")
consent.follow()
about.show()

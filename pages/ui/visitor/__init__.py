"""The visitor: consent, browser, listener, and their Spotify account."""

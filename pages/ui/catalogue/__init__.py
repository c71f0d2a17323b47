"""The Songs page."""

"""YouTube: the exact video of a song, within a day's quota."""

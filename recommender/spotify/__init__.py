"""Spotify: search by the app's key, and the accounts of visitors."""

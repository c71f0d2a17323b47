"""Listeners: likes, bans, songs heard lately, and moods."""

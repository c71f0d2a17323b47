"""The user's own audio files, tagged with mood by the music models."""

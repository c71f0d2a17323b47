"""Your own music: audio files, tagged with the mood that they sound like."""

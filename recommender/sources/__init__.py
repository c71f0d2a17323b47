"""The music sources: catalogue, library, Spotify; and YouTube, which finds videos of songs."""

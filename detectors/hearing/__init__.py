"""Read and hear sounds: decode within limits, describe, and find the mood of the music."""

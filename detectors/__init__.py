"""Faces, their expressions, and the mood of music."""

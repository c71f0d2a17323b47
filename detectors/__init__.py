"""Faces and what they show: detection, expression, smoothing."""

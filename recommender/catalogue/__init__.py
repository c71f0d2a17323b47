"""The catalogue: songs with their place in the plane, in the database."""

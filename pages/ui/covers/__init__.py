"""Covers: the generated ones, and those of the visitor's own files."""

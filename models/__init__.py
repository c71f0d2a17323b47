"""Weights, and the commands that train, export and evaluate them."""

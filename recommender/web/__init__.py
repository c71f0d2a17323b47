"""Requests to other services over HTTP, with an end."""

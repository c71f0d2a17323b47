"""The process as its operator sees it, from its start to its end."""

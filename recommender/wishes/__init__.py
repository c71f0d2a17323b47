"""The field "in words": a mood and wishes as people say them, read by a table of words."""

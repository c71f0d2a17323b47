"""Song recommendation for a mood: the plane, queries, sources, ranking."""

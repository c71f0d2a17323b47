"""From a mood to songs: the plane, queries, sources, ranking."""

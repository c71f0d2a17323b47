"""A visitor's plays, told to ListenBrainz or to a server that speaks as it does."""

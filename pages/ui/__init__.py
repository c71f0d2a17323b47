"""Contents of the pages, and their shared parts."""

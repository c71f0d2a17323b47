"""The songs as tiles, and all that can be done with them."""

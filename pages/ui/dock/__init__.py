"""What a page tells the player in the browser."""

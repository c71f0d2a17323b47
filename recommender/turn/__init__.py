"""STUN and TURN servers of the camera, with credentials that end."""

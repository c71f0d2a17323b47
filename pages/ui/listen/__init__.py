"""The Listen page, above its songs: camera, photo, by hand, and the wishes."""

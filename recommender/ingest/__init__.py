"""Import of tables and playlists into the catalogue, and the refresh that repeats it.

`discovery` finds the files, `table_import` reads tables and `playlists` playlists, `registry`
remembers each imported file, and `refresh` imports one file, or all of them again.
"""

"""Import of tables and playlists into the catalogue, and the refresh that repeats it.

`files` finds the files, `bringing` imports one, `importing` reads tables and `playlists` playlists,
`origins` remembers each imported file, and `refreshing` imports all of them again.
"""

"""Songs that people bring: files and folders of them into the database, once and again.

`files` finds them, `bringing` brings one, `importing` reads tables and `playlists` playlists,
`origins` remembers where they came from, and `refreshing` does it all again.
"""

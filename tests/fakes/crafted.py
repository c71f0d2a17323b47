"""Harm that somebody could do to a backup, as SQL."""

from __future__ import annotations

# The songs without what their columns ask for.
LOOSE = """
CREATE TABLE other AS SELECT * FROM tracks;
DROP TABLE tracks;
CREATE TABLE tracks (id, key, source_id, title, album, language, year, genre, valence, energy,
    tempo, explicit, spotify_id, digest, folded);
INSERT INTO tracks SELECT * FROM other;
"""
CRAFTED = {
    "two revisions": "INSERT INTO alembic_version VALUES ('0001')",
    "no revision": "DELETE FROM alembic_version",
    "a number for a revision": "DROP TABLE alembic_version; "
    "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES (4)",
    "revisions without end": "DROP TABLE alembic_version; CREATE VIEW alembic_version AS "
    "WITH RECURSIVE r(version_num) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT * FROM r",
    "a table missing": "DROP TABLE opinions",
    "the songs missing": "DROP TABLE tracks",
    "a virtual table": "DROP TABLE tracks; CREATE VIRTUAL TABLE tracks USING rtree(id, a, b)",
    "a column missing": "ALTER TABLE tracks DROP COLUMN genre",
    "a calculated column": "DROP TABLE moods; CREATE TABLE moods (id, listener_id, at, feeling, "
    "valence, energy, confidence AS (zeroblob(900000000)))",
    "a text for a number": "UPDATE tracks SET year = 'long ago'",
    "bytes for a text": "UPDATE tracks SET title = x'ff'",
    "a text that is none": "UPDATE tracks SET title = CAST(x'ff' AS TEXT)",
    "too long a text": "UPDATE tracks SET title = printf('%.600c', 'x')",
    "neither yes nor no": "UPDATE tracks SET explicit = 2",
    "a name that is no text": "PRAGMA writable_schema = ON; UPDATE sqlite_master SET "
    "name = CAST(x'ff' AS TEXT), sql = 'CREATE x' WHERE name = 'moods'",
    "no day": "INSERT INTO allowances VALUES ('x', 'yesterday', 1)",
    "nobody's credit": "INSERT INTO credits VALUES (99, 0, 99)",
}

OF_LOOSE_SONGS = {
    "a view for a table": "DROP TABLE tracks; CREATE VIEW tracks AS SELECT * FROM other",
    "a number for a text": "UPDATE tracks SET title = 7",
    "no title": "UPDATE tracks SET title = NULL",
    "the same song twice": "INSERT INTO tracks SELECT * FROM other",
    "beyond the plane": "UPDATE tracks SET valence = 5.0",
}
CRAFTED |= {name: LOOSE + script for name, script in OF_LOOSE_SONGS.items()}

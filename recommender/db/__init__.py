"""The database: engines, tables, migrations, backups, and small things kept there."""

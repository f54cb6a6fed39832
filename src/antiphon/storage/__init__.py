"""The store: schema, migrations, and one implementation per database. The only place for SQL."""

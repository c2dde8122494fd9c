"""The only module that speaks ClickHouse SQL: client, tables, migrations, and the queries by name."""

"""Where exports go: one port, Parquet files over two kinds of store, and Snowflake."""

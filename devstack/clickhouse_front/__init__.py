"""ClickHouse's HTTP interface before the embedded engine (chDB), which lives in one process."""

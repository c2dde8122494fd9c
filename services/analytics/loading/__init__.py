"""⑨ From the EVENTS stream into ClickHouse: pull a batch, insert, then acknowledge."""

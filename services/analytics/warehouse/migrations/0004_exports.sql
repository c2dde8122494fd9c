-- Exports to other warehouses: what is configured, each run, each batch that was committed, and which events went out.
-- A write names the version it makes; the insert token keeps a second writer of the same version out.
CREATE TABLE IF NOT EXISTS exports $on_cluster
(
    organization_id String,
    export_id String,
    version UInt64,
    write_id String,
    document String,
    key_id String,
    sealed_credentials String,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replicated}ReplacingMergeTree(version)
ORDER BY (organization_id, export_id)
SETTINGS ${deduplication_window} = 1000;

CREATE TABLE IF NOT EXISTS export_runs $on_cluster
(
    organization_id String,
    export_id String,
    number UInt64,
    version UInt64,
    write_id String,
    document String,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replicated}ReplacingMergeTree(version)
ORDER BY (organization_id, export_id, number)
SETTINGS ${deduplication_window} = 1000;

CREATE TABLE IF NOT EXISTS export_batches $on_cluster
(
    organization_id String,
    export_id String,
    generation UInt64,
    dataset LowCardinality(String),
    number UInt64,
    write_id String,
    run UInt64,
    rows UInt64,
    document String,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3),
    first_wins UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(written_at))
)
ENGINE = ${replicated}ReplacingMergeTree(first_wins)
ORDER BY (organization_id, export_id, generation, dataset, number)
SETTINGS ${deduplication_window} = 1000;

CREATE TABLE IF NOT EXISTS exported_events $on_cluster
(
    organization_id LowCardinality(String),
    export_id LowCardinality(String),
    generation UInt64,
    dataset LowCardinality(String),
    event_key FixedString(16),
    write_id LowCardinality(String)
)
ENGINE = ${replicated}ReplacingMergeTree
ORDER BY (organization_id, export_id, generation, dataset, event_key, write_id)
SETTINGS ${deduplication_window} = 1000;

ALTER TABLE events_exposure $on_cluster ADD INDEX IF NOT EXISTS loaded_range loaded_at TYPE minmax GRANULARITY 4;

ALTER TABLE events_metric $on_cluster ADD INDEX IF NOT EXISTS loaded_range loaded_at TYPE minmax GRANULARITY 4;

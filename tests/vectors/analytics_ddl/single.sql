CREATE TABLE IF NOT EXISTS events_exposure 
(
    organization_id LowCardinality(String),
    project_id LowCardinality(String),
    environment_id LowCardinality(String),
    sdk_key_id LowCardinality(String),
    flag LowCardinality(String),
    variation LowCardinality(String),
    experiment LowCardinality(String),
    user_key String,
    event_id String,
    config_version UInt64,
    context String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    first_wins UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(received_at)),
    INDEX received_range received_at TYPE minmax GRANULARITY 4
)
ENGINE = ReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, flag, user_key, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS events_metric 
(
    organization_id LowCardinality(String),
    project_id LowCardinality(String),
    environment_id LowCardinality(String),
    sdk_key_id LowCardinality(String),
    metric LowCardinality(String),
    user_key String,
    event_id String,
    value Nullable(Float64),
    properties String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    first_wins UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(received_at)),
    INDEX received_range received_at TYPE minmax GRANULARITY 4
)
ENGINE = ReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, metric, user_key, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS experiments_snapshot 
(
    organization_id LowCardinality(String),
    project_id LowCardinality(String),
    environment_id LowCardinality(String),
    experiment_id String,
    experiment_key String,
    snapshot_id String,
    cause LowCardinality(String),
    engine_version LowCardinality(String),
    taken_at DateTime64(3, 'UTC'),
    document String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(taken_at)
ORDER BY (organization_id, experiment_id, taken_at, snapshot_id)
SETTINGS non_replicated_deduplication_window = 100;

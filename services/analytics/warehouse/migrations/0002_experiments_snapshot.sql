-- Results as they were shown at a moment; `document` is the JSON of the answer.
CREATE TABLE IF NOT EXISTS experiments_snapshot $on_cluster
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
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(taken_at)
ORDER BY (organization_id, experiment_id, taken_at, snapshot_id)
SETTINGS ${deduplication_window} = 100;

-- What was asked for, minute by minute, as edges and SDKs count it; of nobody in particular, and no exposure.
-- `events_usage` has the events as they came, `usage_minutes` a row for each count. Both are unique by the event's id,
-- so what comes again counts once. `usage_hours` holds whole hours, each made anew from all its minutes: the newest counts.
CREATE TABLE IF NOT EXISTS events_usage $on_cluster
(
    organization_id LowCardinality(String),
    project_id LowCardinality(String),
    environment_id LowCardinality(String),
    sdk_key_id LowCardinality(String),
    event_id String,
    counts String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    first_wins UInt64
)
ENGINE = ${replicated}ReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, event_id)
TTL toDateTime(received_at) + toIntervalDay(3)
SETTINGS ${deduplication_window} = 1000;

CREATE TABLE IF NOT EXISTS usage_minutes $on_cluster
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag String,
    minute DateTime('UTC'),
    event_id String,
    position UInt16,
    variation LowCardinality(String),
    reason LowCardinality(String),
    error LowCardinality(String),
    sdk LowCardinality(String),
    bulk Bool,
    count UInt64,
    loaded_at DateTime64(3, 'UTC'),
    first_wins UInt64,
    INDEX minute_range minute TYPE minmax GRANULARITY 4,
    INDEX loaded_range loaded_at TYPE minmax GRANULARITY 4
)
ENGINE = ${replicated}ReplacingMergeTree(first_wins)
PARTITION BY toYYYYMMDD(minute)
ORDER BY (organization_id, environment_id, flag, minute, event_id, position)
TTL minute + toIntervalDay(14)
SETTINGS ${deduplication_window} = 1000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS usage_hours $on_cluster
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag String,
    hour DateTime('UTC'),
    variation LowCardinality(String),
    reason LowCardinality(String),
    error LowCardinality(String),
    sdk LowCardinality(String),
    bulk Bool,
    count UInt64,
    first_at DateTime('UTC'),
    last_at DateTime('UTC'),
    made_at DateTime64(3, 'UTC'),
    INDEX hour_range hour TYPE minmax GRANULARITY 4
)
ENGINE = ${replicated}ReplacingMergeTree(made_at)
PARTITION BY toYYYYMM(hour)
ORDER BY (organization_id, environment_id, flag, hour, variation, reason, error, sdk, bulk)
TTL hour + toIntervalDay(400)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_minutes_feed $on_cluster TO usage_minutes AS
SELECT
    organization_id,
    environment_id,
    tupleElement(counted, 'flag') AS flag,
    toStartOfMinute(toDateTime(occurred_at, 'UTC')) AS minute,
    event_id,
    position,
    tupleElement(counted, 'variation') AS variation,
    tupleElement(counted, 'reason') AS reason,
    tupleElement(counted, 'error') AS error,
    tupleElement(counted, 'sdk') AS sdk,
    tupleElement(counted, 'bulk') AS bulk,
    tupleElement(counted, 'count') AS count,
    loaded_at,
    first_wins
FROM events_usage
ARRAY JOIN
    JSONExtract(counts, 'Array(Tuple(flag String, variation String, reason String, error String, sdk String, bulk Bool, count UInt64))') AS counted,
    arrayEnumerate(JSONExtractArrayRaw(counts)) AS position;

CREATE TABLE IF NOT EXISTS events_exposure ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, flag, user_key, event_id)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS events_metric ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, metric, user_key, event_id)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS experiments_snapshot ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree
PARTITION BY toYYYYMM(taken_at)
ORDER BY (organization_id, experiment_id, taken_at, snapshot_id)
SETTINGS replicated_deduplication_window = 100;

CREATE TABLE IF NOT EXISTS exposure_units ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    experiment LowCardinality(String),
    user_key String,
    variation LowCardinality(String),
    first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, experiment, user_key, variation)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_units_feed ON CLUSTER main TO exposure_units AS
SELECT
    organization_id,
    environment_id,
    flag,
    experiment,
    user_key,
    variation,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at
FROM events_exposure
GROUP BY organization_id, environment_id, flag, experiment, user_key, variation;

CREATE TABLE IF NOT EXISTS exposure_days ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    experiment LowCardinality(String),
    variation LowCardinality(String),
    day Date,
    exposures AggregateFunction(uniqCombined64, UInt64),
    placeholders AggregateFunction(uniqCombined64If, UInt64, UInt8),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, experiment, variation, day)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_days_feed ON CLUSTER main TO exposure_days AS
SELECT
    organization_id,
    environment_id,
    flag,
    experiment,
    variation,
    toDate(occurred_at) AS day,
    uniqCombined64State(sipHash64(user_key, event_id)) AS exposures,
    uniqCombined64IfState(
        sipHash64(user_key, event_id),
        lower(user_key) IN ('', '0', '-1', 'null', 'none', 'nil', 'undefined', 'nan', 'unknown', 'anonymous')
    ) AS placeholders,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at
FROM events_exposure
GROUP BY organization_id, environment_id, flag, experiment, variation, day;

INSERT INTO exposure_units
SELECT
    organization_id,
    environment_id,
    flag,
    experiment,
    user_key,
    variation,
    min(occurred_at),
    max(occurred_at)
FROM events_exposure
GROUP BY organization_id, environment_id, flag, experiment, user_key, variation;

INSERT INTO exposure_days
SELECT
    organization_id,
    environment_id,
    flag,
    experiment,
    variation,
    toDate(occurred_at) AS day,
    uniqCombined64State(sipHash64(user_key, event_id)),
    uniqCombined64IfState(
        sipHash64(user_key, event_id),
        lower(user_key) IN ('', '0', '-1', 'null', 'none', 'nil', 'undefined', 'nan', 'unknown', 'anonymous')
    ),
    max(occurred_at),
    max(received_at)
FROM events_exposure
GROUP BY organization_id, environment_id, flag, experiment, variation, day;

CREATE TABLE IF NOT EXISTS exports ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY (organization_id, export_id)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS export_runs ON CLUSTER main
(
    organization_id String,
    export_id String,
    number UInt64,
    version UInt64,
    write_id String,
    document String,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY (organization_id, export_id, number)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS export_batches ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(first_wins)
ORDER BY (organization_id, export_id, generation, dataset, number)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS exported_events ON CLUSTER main
(
    organization_id LowCardinality(String),
    export_id LowCardinality(String),
    generation UInt64,
    dataset LowCardinality(String),
    event_key FixedString(16),
    write_id LowCardinality(String)
)
ENGINE = ReplicatedReplacingMergeTree
ORDER BY (organization_id, export_id, generation, dataset, event_key, write_id)
SETTINGS replicated_deduplication_window = 1000;

ALTER TABLE events_exposure ON CLUSTER main ADD INDEX IF NOT EXISTS loaded_range loaded_at TYPE minmax GRANULARITY 4;

ALTER TABLE events_metric ON CLUSTER main ADD INDEX IF NOT EXISTS loaded_range loaded_at TYPE minmax GRANULARITY 4;

ALTER TABLE events_exposure ON CLUSTER main ADD COLUMN IF NOT EXISTS experiments LowCardinality(String);

ALTER TABLE events_exposure ON CLUSTER main ADD COLUMN IF NOT EXISTS unit_key String;

ALTER TABLE events_exposure ON CLUSTER main MODIFY COLUMN first_wins UInt64
    DEFAULT 18446744073709551615 - bitShiftLeft(toUInt64(toUnixTimestamp64Milli(received_at)), 21);

ALTER TABLE events_metric ON CLUSTER main MODIFY COLUMN first_wins UInt64
    DEFAULT 18446744073709551615 - bitShiftLeft(toUInt64(toUnixTimestamp64Milli(received_at)), 21);

CREATE TABLE IF NOT EXISTS exposure_firsts ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    user_key String,
    variation LowCardinality(String),
    experiment LowCardinality(String),
    experiments LowCardinality(String),
    earliest SimpleAggregateFunction(min, UInt128),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    first_wins SimpleAggregateFunction(max, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, user_key, variation, experiment, experiments)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_firsts_feed ON CLUSTER main TO exposure_firsts AS
SELECT
    organization_id,
    environment_id,
    flag,
    user_key,
    variation,
    experiment,
    experiments,
    min(bitOr(
        bitShiftLeft(toUInt128(toUnixTimestamp64Milli(occurred_at)), 64),
        toUInt128(bitNot(events_exposure.first_wins)))) AS earliest,
    max(occurred_at) AS last_at,
    max(events_exposure.first_wins) AS first_wins
FROM events_exposure
GROUP BY organization_id, environment_id, flag, user_key, variation, experiment, experiments;

CREATE TABLE IF NOT EXISTS exposure_counts ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    variation LowCardinality(String),
    experiment LowCardinality(String),
    experiments LowCardinality(String),
    day Date,
    exposures AggregateFunction(uniqCombined64, UInt64),
    placeholders AggregateFunction(uniqCombined64If, UInt64, UInt8),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, variation, experiment, experiments, day)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_counts_feed ON CLUSTER main TO exposure_counts AS
SELECT
    organization_id,
    environment_id,
    flag,
    variation,
    experiment,
    experiments,
    toDate(occurred_at, 'UTC') AS day,
    uniqCombined64State(sipHash64(user_key, event_id)) AS exposures,
    uniqCombined64IfState(
        sipHash64(user_key, event_id),
        lower(user_key) IN ('', '0', '-1', 'null', 'none', 'nil', 'undefined', 'nan', 'unknown', 'anonymous')
    ) AS placeholders,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at
FROM events_exposure
GROUP BY organization_id, environment_id, flag, variation, experiment, experiments, day;

INSERT INTO exposure_firsts
SELECT
    organization_id,
    environment_id,
    flag,
    user_key,
    variation,
    experiment,
    experiments,
    min(bitOr(
        bitShiftLeft(toUInt128(toUnixTimestamp64Milli(occurred_at)), 64),
        toUInt128(bitNot(events_exposure.first_wins)))),
    max(occurred_at),
    max(events_exposure.first_wins)
FROM events_exposure
GROUP BY organization_id, environment_id, flag, user_key, variation, experiment, experiments;

INSERT INTO exposure_counts
SELECT
    organization_id,
    environment_id,
    flag,
    variation,
    experiment,
    experiments,
    toDate(occurred_at, 'UTC') AS day,
    uniqCombined64State(sipHash64(user_key, event_id)),
    uniqCombined64IfState(
        sipHash64(user_key, event_id),
        lower(user_key) IN ('', '0', '-1', 'null', 'none', 'nil', 'undefined', 'nan', 'unknown', 'anonymous')
    ),
    max(occurred_at),
    max(received_at)
FROM events_exposure
GROUP BY organization_id, environment_id, flag, variation, experiment, experiments, day;

DROP VIEW IF EXISTS exposure_units_feed ON CLUSTER main;

DROP VIEW IF EXISTS exposure_days_feed ON CLUSTER main;

DROP TABLE IF EXISTS exposure_units ON CLUSTER main;

DROP TABLE IF EXISTS exposure_days ON CLUSTER main;

CREATE TABLE IF NOT EXISTS unit_sheets ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    sheet LowCardinality(String),
    user_key String,
    version UInt64,
    gone UInt8,
    first_at Int64,
    segment LowCardinality(String),
    variation LowCardinality(String),
    several UInt8,
    unit String,
    numbers Array(Float64),
    lists Array(Array(Float64))
)
ENGINE = ReplicatedReplacingMergeTree(version)
PARTITION BY sheet
ORDER BY user_key;

CREATE TABLE IF NOT EXISTS sheet_marks ON CLUSTER main
(
    sheet String,
    mark Int64,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY sheet;

CREATE TABLE IF NOT EXISTS sheet_epochs ON CLUSTER main
(
    organization_id String,
    environment_id String,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedMergeTree
ORDER BY (organization_id, environment_id, at);

CREATE TABLE IF NOT EXISTS sheet_layers ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    sheet LowCardinality(String),
    layer UInt64,
    user_key String,
    gone UInt8,
    first_at Int64,
    segment LowCardinality(String),
    variation LowCardinality(String),
    several UInt8,
    unit String,
    numbers Array(Float64),
    lists Array(Array(Float64))
)
ENGINE = ReplicatedMergeTree
PARTITION BY (sheet, layer)
ORDER BY user_key;

CREATE TABLE IF NOT EXISTS sheet_versions ON CLUSTER main
(
    sheet String,
    version UInt64,
    mark Int64,
    layers Array(UInt64),
    stored UInt64,
    sums String CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY sheet;

CREATE TABLE IF NOT EXISTS touched_users ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    sheet LowCardinality(String),
    layer UInt64,
    candidate UInt8,
    user_key String,
    first_row UInt128,
    lowest_number UInt64,
    highest_number UInt64,
    uncertain UInt8
)
ENGINE = ReplicatedMergeTree
PARTITION BY (sheet, layer)
ORDER BY (candidate, user_key);

ALTER TABLE events_exposure ON CLUSTER main ADD COLUMN IF NOT EXISTS override Bool;

CREATE TABLE IF NOT EXISTS overridden_users ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    user_key String,
    day Date,
    first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    received_at SimpleAggregateFunction(min, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, user_key, day)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS overridden_users_feed ON CLUSTER main TO overridden_users AS
SELECT
    organization_id,
    environment_id,
    flag,
    user_key,
    toDate(occurred_at, 'UTC') AS day,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at,
    min(events_exposure.received_at) AS received_at
FROM events_exposure
WHERE override
GROUP BY organization_id, environment_id, flag, user_key, day;

CREATE TABLE IF NOT EXISTS events_usage ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(first_wins)
PARTITION BY toYYYYMM(received_at)
ORDER BY (organization_id, environment_id, event_id)
TTL toDateTime(received_at) + toIntervalDay(3)
SETTINGS replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS usage_minutes ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(first_wins)
PARTITION BY toYYYYMMDD(minute)
ORDER BY (organization_id, environment_id, flag, minute, event_id, position)
TTL minute + toIntervalDay(14)
SETTINGS replicated_deduplication_window = 1000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS usage_hours ON CLUSTER main
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
ENGINE = ReplicatedReplacingMergeTree(made_at)
PARTITION BY toYYYYMM(hour)
ORDER BY (organization_id, environment_id, flag, hour, variation, reason, error, sdk, bulk)
TTL hour + toIntervalDay(400)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_minutes_feed ON CLUSTER main TO usage_minutes AS
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

ALTER TABLE events_exposure ON CLUSTER main ADD COLUMN IF NOT EXISTS split LowCardinality(String);

CREATE TABLE IF NOT EXISTS split_units ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    flag LowCardinality(String),
    split LowCardinality(String),
    day Date,
    config_version UInt64,
    user_key String,
    unit_key String,
    variation LowCardinality(String),
    first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, split, day, config_version, user_key, unit_key, variation)
TTL day + toIntervalDay(365)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS split_units_feed ON CLUSTER main TO split_units AS
SELECT
    organization_id,
    environment_id,
    flag,
    split,
    toDate(occurred_at, 'UTC') AS day,
    config_version,
    user_key,
    unit_key,
    variation,
    min(occurred_at) AS first_at,
    max(events_exposure.received_at) AS received_at
FROM events_exposure
WHERE split != '' AND NOT override
GROUP BY organization_id, environment_id, flag, split, day, config_version, user_key, unit_key, variation;

ALTER TABLE sheet_versions ON CLUSTER main ADD COLUMN IF NOT EXISTS took_milliseconds UInt32 DEFAULT 3000;

CREATE TABLE IF NOT EXISTS sdk_key_uses ON CLUSTER main
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    sdk_key_id LowCardinality(String),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY (organization_id, environment_id, sdk_key_id)
TTL toDateTime(last_at) + toIntervalDay(400)
SETTINGS replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_exposures ON CLUSTER main TO sdk_key_uses AS
SELECT organization_id, environment_id, sdk_key_id, max(received_at) AS last_at
FROM events_exposure
GROUP BY organization_id, environment_id, sdk_key_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_metrics ON CLUSTER main TO sdk_key_uses AS
SELECT organization_id, environment_id, sdk_key_id, max(received_at) AS last_at
FROM events_metric
GROUP BY organization_id, environment_id, sdk_key_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_usage ON CLUSTER main TO sdk_key_uses AS
SELECT organization_id, environment_id, sdk_key_id, max(received_at) AS last_at
FROM events_usage
GROUP BY organization_id, environment_id, sdk_key_id;

INSERT INTO sdk_key_uses
SELECT organization_id, environment_id, sdk_key_id, max(received_at)
FROM events_exposure
GROUP BY organization_id, environment_id, sdk_key_id;

INSERT INTO sdk_key_uses
SELECT organization_id, environment_id, sdk_key_id, max(received_at)
FROM events_metric
GROUP BY organization_id, environment_id, sdk_key_id;

INSERT INTO sdk_key_uses
SELECT organization_id, environment_id, sdk_key_id, max(received_at)
FROM events_usage
GROUP BY organization_id, environment_id, sdk_key_id;

CREATE OR REPLACE TABLE verdict_all.events_exposure ON CLUSTER main AS verdict.events_exposure
ENGINE = Distributed('main', 'verdict', 'events_exposure', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.events_metric ON CLUSTER main AS verdict.events_metric
ENGINE = Distributed('main', 'verdict', 'events_metric', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.events_usage ON CLUSTER main AS verdict.events_usage
ENGINE = Distributed('main', 'verdict', 'events_usage', cityHash64(environment_id));

CREATE OR REPLACE TABLE verdict_all.experiments_snapshot ON CLUSTER main AS verdict.experiments_snapshot
ENGINE = Distributed('main', 'verdict', 'experiments_snapshot', cityHash64(experiment_id));

CREATE OR REPLACE TABLE verdict_all.export_batches ON CLUSTER main AS verdict.export_batches
ENGINE = Distributed('main', 'verdict', 'export_batches', cityHash64(export_id));

CREATE OR REPLACE TABLE verdict_all.export_runs ON CLUSTER main AS verdict.export_runs
ENGINE = Distributed('main', 'verdict', 'export_runs', cityHash64(export_id));

CREATE OR REPLACE TABLE verdict_all.exported_events ON CLUSTER main AS verdict.exported_events
ENGINE = Distributed('main', 'verdict', 'exported_events', cityHash64(event_key));

CREATE OR REPLACE TABLE verdict_all.exports ON CLUSTER main AS verdict.exports
ENGINE = Distributed('main', 'verdict', 'exports', cityHash64(export_id));

CREATE OR REPLACE TABLE verdict_all.exposure_counts ON CLUSTER main AS verdict.exposure_counts
ENGINE = Distributed('main', 'verdict', 'exposure_counts', cityHash64(flag));

CREATE OR REPLACE TABLE verdict_all.exposure_firsts ON CLUSTER main AS verdict.exposure_firsts
ENGINE = Distributed('main', 'verdict', 'exposure_firsts', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.losses ON CLUSTER main AS verdict.losses
ENGINE = Distributed('main', 'verdict', 'losses', cityHash64(detail));

CREATE OR REPLACE TABLE verdict_all.overridden_users ON CLUSTER main AS verdict.overridden_users
ENGINE = Distributed('main', 'verdict', 'overridden_users', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.schema_migrations ON CLUSTER main AS verdict.schema_migrations
ENGINE = Distributed('main', 'verdict', 'schema_migrations', cityHash64(name));

CREATE OR REPLACE TABLE verdict_all.sdk_key_uses ON CLUSTER main AS verdict.sdk_key_uses
ENGINE = Distributed('main', 'verdict', 'sdk_key_uses', cityHash64(sdk_key_id));

CREATE OR REPLACE TABLE verdict_all.sheet_epochs ON CLUSTER main AS verdict.sheet_epochs
ENGINE = Distributed('main', 'verdict', 'sheet_epochs', cityHash64(environment_id));

CREATE OR REPLACE TABLE verdict_all.sheet_layers ON CLUSTER main AS verdict.sheet_layers
ENGINE = Distributed('main', 'verdict', 'sheet_layers', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.sheet_marks ON CLUSTER main AS verdict.sheet_marks
ENGINE = Distributed('main', 'verdict', 'sheet_marks', cityHash64(sheet));

CREATE OR REPLACE TABLE verdict_all.sheet_versions ON CLUSTER main AS verdict.sheet_versions
ENGINE = Distributed('main', 'verdict', 'sheet_versions', cityHash64(sheet));

CREATE OR REPLACE TABLE verdict_all.split_units ON CLUSTER main AS verdict.split_units
ENGINE = Distributed('main', 'verdict', 'split_units', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.touched_users ON CLUSTER main AS verdict.touched_users
ENGINE = Distributed('main', 'verdict', 'touched_users', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.unit_sheets ON CLUSTER main AS verdict.unit_sheets
ENGINE = Distributed('main', 'verdict', 'unit_sheets', cityHash64(user_key));

CREATE OR REPLACE TABLE verdict_all.usage_hours ON CLUSTER main AS verdict.usage_hours
ENGINE = Distributed('main', 'verdict', 'usage_hours', cityHash64(environment_id));

CREATE OR REPLACE TABLE verdict_all.usage_minutes ON CLUSTER main AS verdict.usage_minutes
ENGINE = Distributed('main', 'verdict', 'usage_minutes', cityHash64(environment_id));

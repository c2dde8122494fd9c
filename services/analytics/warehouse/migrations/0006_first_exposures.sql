-- What results read instead of raw exposures, in place of `exposure_units` and `exposure_days`, which took every copy of
-- an event for the event. `earliest` is of the row with the smallest time: that, in milliseconds, times 2^64, and the
-- bits of its `first_wins` inverted. `first_wins` is of the row that was received first: where the two rows are not the
-- same, the earliest may be a later copy of an event, and readers look at the exposures themselves.
-- Minimum, maximum and the sketch don't change when a row comes twice; the last statements fill in what was stored before.
CREATE TABLE IF NOT EXISTS exposure_firsts $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, user_key, variation, experiment, experiments)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_firsts_feed $on_cluster TO exposure_firsts AS
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

CREATE TABLE IF NOT EXISTS exposure_counts $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, variation, experiment, experiments, day)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_counts_feed $on_cluster TO exposure_counts AS
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

DROP VIEW IF EXISTS exposure_units_feed $on_cluster;

DROP VIEW IF EXISTS exposure_days_feed $on_cluster;

DROP TABLE IF EXISTS exposure_units $on_cluster;

DROP TABLE IF EXISTS exposure_days $on_cluster;

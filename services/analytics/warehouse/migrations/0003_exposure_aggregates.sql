-- What results read instead of raw exposures. Minimum, maximum and the sketch of distinct ids don't change when a row
-- comes twice, so repeats do no harm; the last statements fill in what was stored before.
CREATE TABLE IF NOT EXISTS exposure_units $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, experiment, user_key, variation)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_units_feed $on_cluster TO exposure_units AS
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

CREATE TABLE IF NOT EXISTS exposure_days $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, experiment, variation, day)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exposure_days_feed $on_cluster TO exposure_days AS
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

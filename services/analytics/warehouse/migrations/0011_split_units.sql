-- Which percentages decided (a rule's id, `$default`; '' does not say), and by day and config version who came by them:
-- what the guards of rollouts read instead of raw exposures, day by day from where a rollout began. Minimum and maximum
-- don't change when a row comes twice.
ALTER TABLE events_exposure $on_cluster ADD COLUMN IF NOT EXISTS split LowCardinality(String);

CREATE TABLE IF NOT EXISTS split_units $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, split, day, config_version, user_key, unit_key, variation)
TTL day + toIntervalDay(365)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS split_units_feed $on_cluster TO split_units AS
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

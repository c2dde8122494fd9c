-- Whether an override of the unit decided, and by day who was served by one: these exposures belong to no experiment, and
-- results tell how many users they were.
ALTER TABLE events_exposure $on_cluster ADD COLUMN IF NOT EXISTS override Bool;

CREATE TABLE IF NOT EXISTS overridden_users $on_cluster
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
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, flag, user_key, day)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS overridden_users_feed $on_cluster TO overridden_users AS
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

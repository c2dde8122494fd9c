-- When something was received under each SDK key last, a year longer than usage itself is kept: who wants to revoke a key
-- asks whether anybody still has it. A maximum doesn't change when a row comes twice.
CREATE TABLE IF NOT EXISTS sdk_key_uses $on_cluster
(
    organization_id LowCardinality(String),
    environment_id LowCardinality(String),
    sdk_key_id LowCardinality(String),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ${replicated}AggregatingMergeTree
ORDER BY (organization_id, environment_id, sdk_key_id)
TTL toDateTime(last_at) + toIntervalDay(400)
SETTINGS ${deduplication_window} = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_exposures $on_cluster TO sdk_key_uses AS
SELECT organization_id, environment_id, sdk_key_id, max(received_at) AS last_at
FROM events_exposure
GROUP BY organization_id, environment_id, sdk_key_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_metrics $on_cluster TO sdk_key_uses AS
SELECT organization_id, environment_id, sdk_key_id, max(received_at) AS last_at
FROM events_metric
GROUP BY organization_id, environment_id, sdk_key_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_key_uses_by_usage $on_cluster TO sdk_key_uses AS
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

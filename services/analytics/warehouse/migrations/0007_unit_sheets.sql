-- Rows of results that are brought forward: of one sheet (an experiment with its metrics as they are defined) one row per
-- user, the last version of each. `gone`: the user takes part no more. A sheet is right up to its mark: what was stored
-- until then is in it. An erasure begins every sheet of its environment anew.
CREATE TABLE IF NOT EXISTS unit_sheets $on_cluster
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
ENGINE = ${replicated}ReplacingMergeTree(version)
PARTITION BY sheet
ORDER BY user_key;

CREATE TABLE IF NOT EXISTS sheet_marks $on_cluster
(
    sheet String,
    mark Int64,
    version UInt64
)
ENGINE = ${replicated}ReplacingMergeTree(version)
ORDER BY sheet;

CREATE TABLE IF NOT EXISTS sheet_epochs $on_cluster
(
    organization_id String,
    environment_id String,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replicated}MergeTree
ORDER BY (organization_id, environment_id, at);

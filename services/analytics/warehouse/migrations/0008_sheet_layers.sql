-- Results that are brought forward, in layers. A layer holds rows of users and never changes; of a user the row of the
-- latest layer counts, and with `gone` there they take part no more. A version of a sheet names its layers and how many
-- rows they have, the moment until which what was stored is in them, and the sums over them, so that two who bring a
-- sheet forward at once, or one who stops half way, leave a version that is right. `touched_users` holds what one step
-- works on, until its end: users of whom something was stored, and of `candidates` what the aggregate knows of them.
-- `unit_sheets` and `sheet_marks` stay for the version before, which goes on writing them while it is replaced.
CREATE TABLE IF NOT EXISTS sheet_layers $on_cluster
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
ENGINE = ${replicated}MergeTree
PARTITION BY (sheet, layer)
ORDER BY user_key;

CREATE TABLE IF NOT EXISTS sheet_versions $on_cluster
(
    sheet String,
    version UInt64,
    mark Int64,
    layers Array(UInt64),
    stored UInt64,
    sums String CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version)
ORDER BY sheet;

CREATE TABLE IF NOT EXISTS touched_users $on_cluster
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
ENGINE = ${replicated}MergeTree
PARTITION BY (sheet, layer)
ORDER BY (candidate, user_key);

-- with: units, metric_events, unit_values
-- The value at one rank of all units' values in order, with a 0 for each unit that has no event.
SELECT number AS value
FROM
(
    SELECT number FROM unit_values
    UNION ALL
    SELECT toFloat64(0) AS number FROM numbers({zeros:UInt64})
)
ORDER BY value
LIMIT 1 OFFSET {rank:UInt64}

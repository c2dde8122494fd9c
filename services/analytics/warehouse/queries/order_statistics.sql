-- with: units, metric_events
-- The events' values at the given places (1 is the smallest) of one variation.
SELECT place, value
FROM
(
    SELECT assumeNotNull(value) AS value, row_number() OVER (ORDER BY value) AS place
    FROM metric_events
    WHERE isNotNull(value) AND variation = {variation:String}
)
WHERE has({places:Array(UInt64)}, place)
ORDER BY place

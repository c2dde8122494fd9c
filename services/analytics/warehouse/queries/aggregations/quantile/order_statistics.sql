-- with: units, metric_events
-- The events' values at the given places (1 is the smallest) of one variation.
SELECT place, known AS value
FROM
(
    SELECT assumeNotNull(value) AS known, row_number() OVER (ORDER BY known) AS place
    FROM metric_events
    WHERE isNotNull(value) AND variation = {variation:String}
)
WHERE has({places:Array(UInt64)}, place)
ORDER BY place

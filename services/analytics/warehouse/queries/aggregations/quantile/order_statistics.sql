-- with: units, metric_events
-- The events' values at the given ranks (1 is the smallest) of one variation.
SELECT rank, known AS value
FROM
(
    SELECT assumeNotNull(value) AS known, row_number() OVER (ORDER BY known) AS rank
    FROM metric_events
    WHERE isNotNull(value) AND variation = {variation:String}
)
WHERE has({ranks:Array(UInt64)}, rank)
ORDER BY rank

-- with: units, metric_events
-- One row per unit that has an event: its value by the metric's aggregation. A unit without one has no row.
SELECT
    user_key,
    any(segment) AS segment,
    any(variation) AS variation,
    assumeNotNull(
        multiIf(
            {aggregation:String} = 'sum', ifNull(sum(value), 0),
            {aggregation:String} = 'count', toFloat64(count()),
            {aggregation:String} = 'mean', avg(value),
            1)) AS y
FROM metric_events
GROUP BY user_key
HAVING {aggregation:String} != 'mean' OR count(value) > 0

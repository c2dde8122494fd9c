-- with: units, prior_events
-- The same from the time before the first exposure: the covariate.
SELECT
    user_key,
    any(segment) AS segment,
    any(variation) AS variation,
    assumeNotNull(
        multiIf(
            {aggregation:String} = 'sum', ifNull(sum(value), 0),
            {aggregation:String} = 'count', toFloat64(count()),
            {aggregation:String} = 'mean', avg(value),
            1)) AS x
FROM prior_events
GROUP BY user_key
HAVING {aggregation:String} != 'mean' OR count(value) > 0

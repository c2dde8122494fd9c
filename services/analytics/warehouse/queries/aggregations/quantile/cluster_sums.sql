-- with: units, metric_events
-- Over the units of one variation: observations, those at or below the threshold, their squares and products.
SELECT
    count() AS n,
    sum(below) AS below_sum,
    sum(below * below) AS below_sum_sq,
    sum(size) AS size_sum,
    sum(size * size) AS size_sum_sq,
    sum(below * size) AS below_size_sum
FROM
(
    SELECT user_key, toFloat64(count()) AS size, toFloat64(countIf(value <= {threshold:Float64})) AS below
    FROM metric_events
    WHERE isNotNull(value) AND variation = {variation:String}
    GROUP BY user_key
)

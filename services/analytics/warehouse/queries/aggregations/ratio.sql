-- with: units, metric_events, denominator_events
-- Per variation, over the units that have an event: sums, squares and products of what stands above and below the
-- line. An event without a value is 1.
SELECT
    segment,
    variation,
    count() AS n,
    sum(above) AS num_sum,
    sum(above * above) AS num_sum_sq,
    sum(below) AS den_sum,
    sum(below * below) AS den_sum_sq,
    sum(above * below) AS num_den_sum
FROM
(
    SELECT user_key, any(segment) AS segment, any(variation) AS variation, sum(m) AS above, sum(d) AS below
    FROM
    (
        SELECT user_key, segment, variation, ifNull(value, 1) AS m, 0. AS d FROM metric_events
        UNION ALL
        SELECT user_key, segment, variation, 0. AS m, ifNull(value, 1) AS d FROM denominator_events
    )
    GROUP BY user_key
)
GROUP BY segment, variation
ORDER BY segment, variation

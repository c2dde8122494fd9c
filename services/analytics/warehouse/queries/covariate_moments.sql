-- with: units, metric_events, unit_values, prior_events, prior_values
-- Per variation over the units that have a value (y) or a history (x): means and centred cross products.
SELECT
    segment,
    variation,
    count() AS units,
    avg(y) AS y_mean,
    avg(x) AS x_mean,
    varPopStable(y) * count() AS y_squares,
    varPopStable(x) * count() AS x_squares,
    covarPopStable(x, y) * count() AS xy_products,
    sum(has_history) AS history_units,
    sumIf(y, has_history = 1) AS history_y_sum
FROM
(
    SELECT
        user_key,
        any(segment) AS segment,
        any(variation) AS variation,
        sum(y_part) AS y,
        sum(x_part) AS x,
        max(history) AS has_history
    FROM
    (
        SELECT user_key, segment, variation, least(number, {cap:Float64}) AS y_part, 0. AS x_part, 0 AS history, 1 AS measured
        FROM unit_values
        UNION ALL
        SELECT user_key, segment, variation, 0. AS y_part, least(number, {cap:Float64}) AS x_part, 1 AS history, 0 AS measured
        FROM prior_values
    )
    GROUP BY user_key
    HAVING {absent_is_zero:UInt8} OR max(measured) = 1
)
GROUP BY segment, variation
ORDER BY segment, variation

-- with: units, metric_events, unit_values
-- Per variation: units that have a value, the mean of the capped values, their sum of squared deviations from that
-- mean, and how many values lie above the cap.
SELECT
    segment,
    variation,
    count() AS units,
    avg(least(number, {cap:Float64})) AS mean,
    varPopStable(least(number, {cap:Float64})) * count() AS squares,
    countIf(number > {cap:Float64}) AS capped
FROM unit_values
GROUP BY segment, variation
ORDER BY segment, variation

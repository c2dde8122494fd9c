-- with: units, metric_events, unit_values
-- Per variation: units that have a value, its mean, and the sum of squared deviations from that mean.
SELECT
    variation,
    count() AS units,
    avg(value) AS mean,
    varPopStable(value) * count() AS squares
FROM (SELECT variation, assumeNotNull(y) AS value FROM unit_values)
GROUP BY variation
ORDER BY variation

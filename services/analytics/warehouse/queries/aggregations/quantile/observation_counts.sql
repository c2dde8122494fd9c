-- with: units, metric_events
-- Events that carry a value, per variation.
SELECT segment, variation, count() AS observations
FROM metric_events
WHERE isNotNull(value)
GROUP BY segment, variation
ORDER BY segment, variation

-- with: units
-- New units per day (UTC) and variation, without those that saw several variations.
SELECT toDate(first_at) AS day, first_variation AS variation, count() AS units
FROM units
WHERE NOT several
GROUP BY day, variation
ORDER BY day, variation

-- with: units
-- Units by segment and the variation of their first exposure; those that saw several stand apart.
SELECT segment, first_variation AS variation, several, count() AS units, max(toUnixTimestamp64Milli(first_at)) AS last_at
FROM units
GROUP BY segment, variation, several
ORDER BY segment, variation, several

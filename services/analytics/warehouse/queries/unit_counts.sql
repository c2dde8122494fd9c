-- with: units
-- Units by segment, day (UTC) of the first exposure and variation; those that saw several stand apart.
SELECT
    segment,
    toDate(first_at, 'UTC') AS day,
    only_variation AS variation,
    several,
    count() AS units,
    max(toUnixTimestamp64Milli(first_at)) AS last_at
FROM units
GROUP BY segment, day, variation, several
ORDER BY segment, day, variation, several

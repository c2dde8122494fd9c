-- Per unit that has an event: how many.
SELECT user_key, any(segment) AS segment, any(variation) AS variation, toFloat64(count()) AS number
FROM events
GROUP BY user_key

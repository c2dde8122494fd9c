-- Per unit that has an event: 1.
SELECT user_key, any(segment) AS segment, any(variation) AS variation, 1. AS number
FROM events
GROUP BY user_key

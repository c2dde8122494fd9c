-- Per unit that has an event: the sum of the values; an event without a value adds nothing.
SELECT user_key, any(segment) AS segment, any(variation) AS variation, ifNull(sum(value), 0) AS number
FROM events
GROUP BY user_key

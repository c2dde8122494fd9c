-- Per unit that has an event with a value: the mean of the values.
SELECT user_key, any(segment) AS segment, any(variation) AS variation, assumeNotNull(avg(value)) AS number
FROM events
GROUP BY user_key
HAVING count(value) > 0

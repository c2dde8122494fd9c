-- Hours (UTC) of which counts were stored since a moment.
SELECT DISTINCT toUnixTimestamp(toStartOfHour(minute, 'UTC')) AS hour
FROM usage_minutes
WHERE loaded_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND minute >= toDateTime({oldest:Int64}, 'UTC')
ORDER BY hour

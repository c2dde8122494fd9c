-- Evaluations of an environment by minute: all, those that ended with an error, and those of keys that are no flag's.
SELECT
    toUnixTimestamp(minute) AS at,
    sum(count) AS evaluations,
    sumIf(count, error NOT IN ('', 'FLAG_NOT_FOUND')) AS errors,
    sumIf(count, error = 'FLAG_NOT_FOUND') AS unknown_flags
FROM usage_minutes FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND minute >= toDateTime({start:Int64}, 'UTC')
    AND minute < toDateTime({stop:Int64}, 'UTC')
GROUP BY minute
ORDER BY minute

-- The same out of minutes.
SELECT
    flag,
    variation,
    reason,
    error,
    intDiv(toUnixTimestamp(minute) - {start:Int64}, {width:Int64}) AS point,
    sum(count) AS evaluations,
    sumIf(count, NOT bulk) AS named
FROM usage_minutes FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND minute >= toDateTime({start:Int64}, 'UTC')
    AND minute < toDateTime({stop:Int64}, 'UTC')
    AND error != 'FLAG_NOT_FOUND'
    AND has({flags:Array(String)}, flag)
GROUP BY flag, variation, reason, error, point
ORDER BY flag, variation, reason, error, point

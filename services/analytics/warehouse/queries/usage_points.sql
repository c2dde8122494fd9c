-- What some flags were asked for in whole hours, by point of a picture, variation, reason and error.
SELECT
    flag,
    variation,
    reason,
    error,
    intDiv(toUnixTimestamp(hour) - {start:Int64}, {width:Int64}) AS point,
    sum(count) AS evaluations,
    sumIf(count, NOT bulk) AS named
FROM usage_hours FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND hour >= toDateTime({start:Int64}, 'UTC')
    AND hour < toDateTime({stop:Int64}, 'UTC')
    AND error != 'FLAG_NOT_FOUND'
    AND has({flags:Array(String)}, flag)
GROUP BY flag, variation, reason, error, point
ORDER BY flag, variation, reason, error, point

-- Keys of no flag that were asked for in whole hours; an empty one, the last, stands for those not told by name.
SELECT
    flag,
    sum(count) AS evaluations,
    toUnixTimestamp(min(usage_hours.first_at)) AS first_at,
    toUnixTimestamp(max(usage_hours.last_at)) AS last_at,
    argMax(sdk, usage_hours.last_at) AS last_sdk,
    arraySort(groupUniqArray(20)(sdk)) AS sdks
FROM usage_hours FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND hour >= toDateTime({start:Int64}, 'UTC')
    AND hour < toDateTime({stop:Int64}, 'UTC')
    AND error = 'FLAG_NOT_FOUND'
    AND if(flag = '', '~', flag) > {after:String}
GROUP BY flag
ORDER BY if(flag = '', '~', flag)
LIMIT {limit:UInt32}

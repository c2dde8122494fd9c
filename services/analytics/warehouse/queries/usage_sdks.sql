-- What asked for a flag in whole hours, the most first.
SELECT sdk, sum(count) AS evaluations, toUnixTimestamp(max(usage_hours.last_at)) AS asked_at
FROM usage_hours FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND hour >= toDateTime({start:Int64}, 'UTC')
    AND hour < toDateTime({stop:Int64}, 'UTC')
    AND error != 'FLAG_NOT_FOUND'
    AND flag = {flag:String}
GROUP BY sdk
ORDER BY evaluations DESC, sdk
LIMIT 50

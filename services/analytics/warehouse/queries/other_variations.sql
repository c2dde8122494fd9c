-- Variations that the flag served during the experiment although they are not part of it.
SELECT variation, uniqCombined64Merge(exposures) AS exposure_count
FROM exposure_counts
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND $belongs
    AND NOT has({variations:Array(String)}, variation)
    AND day >= toDate32(fromUnixTimestamp64Milli({start:Int64}, 'UTC'))
    AND day <= toDate32(least(fromUnixTimestamp64Milli({stop:Int64}, 'UTC'), fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')))
GROUP BY variation
ORDER BY exposure_count DESC, variation
LIMIT 20

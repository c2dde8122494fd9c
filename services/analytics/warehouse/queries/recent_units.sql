-- About how many users an environment has had lately.
SELECT uniqCombined64(user_key) AS units
FROM exposure_firsts
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND last_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND user_key != ''

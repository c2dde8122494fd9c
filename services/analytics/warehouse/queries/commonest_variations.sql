-- The variations that a flag's exposures name most: whoever holds a client key may name any.
SELECT variation
FROM events_exposure
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
GROUP BY variation
ORDER BY count() DESC, variation
LIMIT {variations_max:UInt32}

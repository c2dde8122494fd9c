-- What the exposures of an experiment look like beyond their units. Days are whole: the first and last may hold
-- exposures from outside. The counts are sketches, exact to about a percent.
SELECT
    uniqCombined64MergeIf(exposures, day >= toDate32(fromUnixTimestamp64Milli({start:Int64}, 'UTC'))) AS exposure_count,
    uniqCombined64IfMergeIf(placeholders, day >= toDate32(fromUnixTimestamp64Milli({start:Int64}, 'UTC'))) AS placeholder_count,
    uniqCombined64MergeIf(exposures, day < toDate32(fromUnixTimestamp64Milli({start:Int64}, 'UTC'))) AS early_count,
    toUnixTimestamp64Milli(max(last_at)) AS latest_at,
    toUnixTimestamp64Milli(max(last_received_at)) AS latest_received_at
FROM exposure_counts
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND $belongs
    AND has({variations:Array(String)}, variation)
    AND day <= toDate32(least(fromUnixTimestamp64Milli({stop:Int64}, 'UTC'), fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')))

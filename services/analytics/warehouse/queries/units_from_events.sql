-- The same from the raw exposures: as of a moment, or with the unit's segment at its first exposure, which is a
-- context attribute, the day (UTC), the SDK key or the config version.
SELECT
    user_key,
    min(occurred_at) AS first_at,
    argMin(
        multiIf(
            {segment:String} = '', '',
            {segment:String} = '$day', toString(toDate(occurred_at)),
            {segment:String} = '$sdk_key', toString(sdk_key_id),
            {segment:String} = '$config_version', toString(config_version),
            JSONType(context, {segment:String}) = 'String', JSONExtractString(context, {segment:String}),
            JSONExtractRaw(context, {segment:String})),
        (occurred_at, event_id)) AS segment,
    min(indexOf({variations:Array(String)}, variation)) AS lowest,
    max(indexOf({variations:Array(String)}, variation)) AS highest,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation
FROM events_exposure
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND ({experiment:String} = '' OR experiment = {experiment:String})
    AND has({variations:Array(String)}, variation)
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
    AND received_at <= fromUnixTimestamp64Milli({as_of:Int64})
GROUP BY user_key

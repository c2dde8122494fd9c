-- The same with the unit's segment at its first exposure: a context attribute, or the day (UTC), the SDK key or the
-- config version.
SELECT
    user_key,
    argMin(
        multiIf(
            {segment:String} = '$day', toString(toDate(occurred_at)),
            {segment:String} = '$sdk_key', toString(sdk_key_id),
            {segment:String} = '$config_version', toString(config_version),
            JSONType(context, {segment:String}) = 'String', JSONExtractString(context, {segment:String}),
            JSONExtractRaw(context, {segment:String})),
        (occurred_at, event_id)) AS segment,
    min(occurred_at) AS first_at,
    argMin(variation, (occurred_at, event_id)) AS first_variation,
    min(variation) != max(variation) AS several
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

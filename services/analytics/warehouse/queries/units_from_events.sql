-- The same from the exposures themselves: as of a moment, or with the unit's segment at its first exposure, which is
-- the day or weekday (UTC), the SDK key, the config version, or an attribute as canonical JSON, empty where there is none. An
-- attribute is found as rules find it: as written, else by its path into objects; the targeting key is the user key.
-- `$passes` is the scope's filter. `unit` is what was assigned where that isn't the user, of the first exposure.
SELECT
    user_key,
    min(occurred_at) AS first_at,
    argMin(
        multiIf(
            {segment:String} = '', '',
            {segment:String} = '$day', toString(toDate(occurred_at, 'UTC')),
            {segment:String} = '$weekday',
                ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][
                    toDayOfWeek(occurred_at, 0, 'UTC')],
            {segment:String} = '$sdk_key', toString(sdk_key_id),
            {segment:String} = '$config_version', toString(config_version),
            JSONType(found) = 'String', toJSONString(JSONExtractString(found)),
            JSONType(found) = 'Double' AND abs(JSONExtractFloat(found)) < 9007199254740992
                AND JSONExtractFloat(found) = trunc(JSONExtractFloat(found)), toString(toInt64(JSONExtractFloat(found))),
            JSONType(found) = 'Double', toString(JSONExtractFloat(found)),
            JSONType(found) = 'Null', '',
            found),
        (occurred_at, event_id)) AS segment,
    min(indexOf({variations:Array(String)}, variation)) AS lowest,
    max(indexOf({variations:Array(String)}, variation)) AS highest,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    argMin(unit_key, (occurred_at, event_id)) AS unit
FROM
(
    SELECT
        *,
        multiIf(
            {segment:String} IN ('', '$day', '$weekday', '$sdk_key', '$config_version'), '',
            JSONHas(context, {segment:String}), JSONExtractRaw(context, {segment:String}),
            {segment:String} IN ('targetingKey', 'user_id'), toJSONString(user_key),
            position({segment:String}, '.') > 0,
                arrayFold((held, step) -> JSONExtractRaw(held, step), splitByChar('.', {segment:String}), context),
            '') AS found
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND $belongs
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        AND $passes
)
GROUP BY user_key

-- sums
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    segment,
    toDate(fromUnixTimestamp64Milli(first_at, 'UTC'), 'UTC') AS day,
    variation,
    several,
    lacking,
    count() AS units,
    sum(users) AS users,
    max(first_at) AS last_at,
    sum(m0_there) AS m0_units,
    sum(m0_odd) AS m0_strange,
    sum(m0_over) AS m0_capped,
    toString(sum(toInt256(m0_whole))) AS m0_sum,
    toString(sum(toInt256(m0_whole) * m0_whole)) AS m0_squares,
    sum(m0_x_odd) AS m0_x_strange,
    countIf((m0_there OR m0_x_there)) AS m0_x_units,
    countIf((m0_there OR m0_x_there) AND m0_x_there) AS m0_x_history,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)))) AS m0_x_sum,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * if((m0_there OR m0_x_there), m0_x_whole, 0))) AS m0_x_squares,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * m0_whole)) AS m0_x_products,
    toString(sum(toInt256(if((m0_there OR m0_x_there) AND m0_x_there, m0_whole, 0)))) AS m0_x_history_sum
FROM (
    SELECT
        segment,
        first_at,
        variation,
        several,
        0 AS lacking,
        1 AS users,
        toUInt8(numbers[2] > 0) AS m0_there,
        toUInt8(m0_there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS m0_odd,
        toUInt8(m0_there AND 0) AS m0_over,
        toInt128((if(m0_there AND NOT m0_odd, numbers[1], 0.)) * 18446744073709551616.) AS m0_whole,
        toUInt8(numbers[4] > 0) AS m0_x_there,
        toUInt8(m0_x_there AND NOT (abs(numbers[3]) <= 1000000000000000.)) AS m0_x_odd,
        toUInt8(m0_x_there AND 0) AS m0_x_over,
        toInt128((if(m0_x_there AND NOT m0_x_odd, numbers[3], 0.)) * 18446744073709551616.) AS m0_x_whole
    FROM unit_rows
)
GROUP BY segment, day, variation, several, lacking
ORDER BY segment, day, variation, several, lacking;

-- sums_of_companies
WITH
units AS
(
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
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        AND 1
)
GROUP BY user_key
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                toString(unit) AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    segment,
    toDate(fromUnixTimestamp64Milli(first_at, 'UTC'), 'UTC') AS day,
    variation,
    several,
    lacking,
    count() AS units,
    sum(users) AS users,
    max(first_at) AS last_at,
    sum(m0_counts) AS m0_units,
    sum(m0_odd) AS m0_strange,
    sum(m0_measured) AS m0_users_measured,
    sum(m0_over) AS m0_users_capped,
    toString(sum(toInt256(m0_above))) AS m0_num_sum,
    toString(sum(toInt256(m0_above) * m0_above)) AS m0_num_sum_sq,
    toString(sum(toInt256(m0_below))) AS m0_den_sum,
    toString(sum(toInt256(m0_below) * m0_below)) AS m0_den_sum_sq,
    toString(sum(toInt256(m0_above) * m0_below)) AS m0_num_den_sum
FROM (
    SELECT
        argMin(user_segment, (user_first_at, user_key)) AS segment,
        min(user_first_at) AS first_at,
        toUInt8(max(user_several) OR min(user_variation) != max(user_variation)) AS several,
        if(several, '', any(user_variation)) AS variation,
        toUInt8(unit = '') AS lacking,
        count() AS users,
        toUInt8(count() > 0) AS m0_counts,
        sum(m0_odd) AS m0_odd,
        sum(m0_there) AS m0_measured,
        sum(m0_over) AS m0_over,
        sum(toInt256(m0_whole)) AS m0_above,
        toInt256(count()) * toInt256('18446744073709551616') AS m0_below
    FROM (
        SELECT
            user_key,
            unit,
            segment AS user_segment,
            first_at AS user_first_at,
            variation AS user_variation,
            several AS user_several,
            toUInt8(numbers[2] > 0) AS m0_there,
            toUInt8(m0_there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS m0_odd,
            toUInt8(m0_there AND 0) AS m0_over,
            toInt128((if(m0_there AND NOT m0_odd, numbers[1], 0.)) * 18446744073709551616.) AS m0_whole
        FROM unit_rows
    )
    GROUP BY unit
)
GROUP BY segment, day, variation, several, lacking
ORDER BY segment, day, variation, several, lacking;

-- sums_of_a_sheet
WITH
unit_rows AS
(
SELECT user_key, first_at, segment, variation, several, unit, numbers, lists
FROM sheet_layers WHERE sheet = {sheet:String} AND layer = {base:UInt64}
    AND NOT gone
    AND user_key NOT IN (SELECT user_key FROM sheet_layers WHERE sheet = {sheet:String} AND layer IN {later:Array(UInt64)})
UNION ALL
SELECT user_key, first_at, segment, variation, several, unit, numbers, lists
FROM sheet_layers WHERE sheet = {sheet:String} AND layer IN {later:Array(UInt64)}
    AND NOT gone
    AND (user_key, layer) IN (
        SELECT user_key, max(layer) FROM sheet_layers WHERE sheet = {sheet:String} AND layer IN {later:Array(UInt64)} GROUP BY user_key)
)
SELECT
    segment,
    toDate(fromUnixTimestamp64Milli(first_at, 'UTC'), 'UTC') AS day,
    variation,
    several,
    lacking,
    count() AS units,
    sum(users) AS users,
    max(first_at) AS last_at,
    sum(m0_there) AS m0_units,
    sum(m0_odd) AS m0_strange,
    sum(m0_over) AS m0_capped,
    toString(sum(toInt256(m0_whole))) AS m0_sum,
    toString(sum(toInt256(m0_whole) * m0_whole)) AS m0_squares,
    sum(m0_x_odd) AS m0_x_strange,
    countIf((m0_there OR m0_x_there)) AS m0_x_units,
    countIf((m0_there OR m0_x_there) AND m0_x_there) AS m0_x_history,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)))) AS m0_x_sum,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * if((m0_there OR m0_x_there), m0_x_whole, 0))) AS m0_x_squares,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * m0_whole)) AS m0_x_products,
    toString(sum(toInt256(if((m0_there OR m0_x_there) AND m0_x_there, m0_whole, 0)))) AS m0_x_history_sum
FROM (
    SELECT
        segment,
        first_at,
        variation,
        several,
        0 AS lacking,
        1 AS users,
        toUInt8(numbers[2] > 0) AS m0_there,
        toUInt8(m0_there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS m0_odd,
        toUInt8(m0_there AND 0) AS m0_over,
        toInt128((if(m0_there AND NOT m0_odd, numbers[1], 0.)) * 18446744073709551616.) AS m0_whole,
        toUInt8(numbers[4] > 0) AS m0_x_there,
        toUInt8(m0_x_there AND NOT (abs(numbers[3]) <= 1000000000000000.)) AS m0_x_odd,
        toUInt8(m0_x_there AND 0) AS m0_x_over,
        toInt128((if(m0_x_there AND NOT m0_x_odd, numbers[3], 0.)) * 18446744073709551616.) AS m0_x_whole
    FROM unit_rows
)
GROUP BY segment, day, variation, several, lacking
ORDER BY segment, day, variation, several, lacking;

-- capped_sums
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    segment,
    toDate(fromUnixTimestamp64Milli(first_at, 'UTC'), 'UTC') AS day,
    variation,
    several,
    lacking,
    count() AS units,
    sum(users) AS users,
    max(first_at) AS last_at,
    sum(m0_there) AS m0_units,
    sum(m0_odd) AS m0_strange,
    sum(m0_over) AS m0_capped,
    toString(sum(toInt256(m0_whole))) AS m0_sum,
    toString(sum(toInt256(m0_whole) * m0_whole)) AS m0_squares,
    sum(m0_x_odd) AS m0_x_strange,
    countIf((m0_there OR m0_x_there)) AS m0_x_units,
    countIf((m0_there OR m0_x_there) AND m0_x_there) AS m0_x_history,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)))) AS m0_x_sum,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * if((m0_there OR m0_x_there), m0_x_whole, 0))) AS m0_x_squares,
    toString(sum(toInt256(if((m0_there OR m0_x_there), m0_x_whole, 0)) * m0_whole)) AS m0_x_products,
    toString(sum(toInt256(if((m0_there OR m0_x_there) AND m0_x_there, m0_whole, 0)))) AS m0_x_history_sum
FROM (
    SELECT
        segment,
        first_at,
        variation,
        several,
        0 AS lacking,
        1 AS users,
        toUInt8(numbers[2] > 0) AS m0_there,
        toUInt8(m0_there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS m0_odd,
        toUInt8(m0_there AND ((numbers[1] > {cap:Float64} OR numbers[1] < {floor:Float64}) AND NOT ({spared:UInt8} AND numbers[1] = 0))) AS m0_over,
        toInt128((if(m0_there AND NOT m0_odd, if(((numbers[1] > {cap:Float64} OR numbers[1] < {floor:Float64}) AND NOT ({spared:UInt8} AND numbers[1] = 0)), least(greatest(numbers[1], {floor:Float64}), {cap:Float64}), numbers[1]), 0.)) * 18446744073709551616.) AS m0_whole,
        toUInt8(numbers[4] > 0) AS m0_x_there,
        toUInt8(m0_x_there AND NOT (abs(numbers[3]) <= 1000000000000000.)) AS m0_x_odd,
        toUInt8(m0_x_there AND ((numbers[3] > {cap:Float64} OR numbers[3] < {floor:Float64}) AND NOT ({spared:UInt8} AND numbers[3] = 0))) AS m0_x_over,
        toInt128((if(m0_x_there AND NOT m0_x_odd, if(((numbers[3] > {cap:Float64} OR numbers[3] < {floor:Float64}) AND NOT ({spared:UInt8} AND numbers[3] = 0)), least(greatest(numbers[3], {floor:Float64}), {cap:Float64}), numbers[3]), 0.)) * 18446744073709551616.) AS m0_x_whole
    FROM unit_rows
)
GROUP BY segment, day, variation, several, lacking
ORDER BY segment, day, variation, several, lacking;

-- caps
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    count() AS numbers,
    minIf(value, rank >= ceil({lower:Float64} * total)) AS floor,
    minIf(value, rank >= ceil({upper:Float64} * total)) AS cap
FROM
(
    SELECT value, row_number() OVER (ORDER BY value) AS rank, count() OVER () AS total
    FROM
    (
        SELECT numbers[1] AS value FROM unit_rows WHERE NOT several AND numbers[2] > 0
        UNION ALL
        SELECT toFloat64(0) AS value FROM numbers({zeros:UInt64})
    )
    WHERE value != 0 OR NOT {spared:UInt8}
);

-- ranks
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT segment, variation, rank, value
FROM
(
    SELECT segment, variation, value, row_number() OVER (PARTITION BY segment, variation ORDER BY value) AS rank
    FROM (SELECT segment, variation, arrayJoin(held) AS value FROM (
    SELECT segment AS segment, variation, user_key AS cluster, lists[1] AS held
    FROM unit_rows
    WHERE NOT several
))
)
WHERE has(
    arrayZip({segments:Array(String)}, {arms:Array(String)}, {ranks:Array(UInt64)}),
    (segment, variation, rank))
ORDER BY segment, variation, rank;

-- clusters
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    segment,
    variation,
    count() AS n,
    sum(below) AS below_sum,
    sum(below * below) AS below_sum_sq,
    sum(size) AS size_sum,
    sum(size * size) AS size_sum_sq,
    sum(below * size) AS below_size_sum
FROM (
    SELECT
        segment,
        variation,
        toFloat64(sum(length(held))) AS size,
        toFloat64(sum(arrayCount(value -> value <= {thresholds:Array(Float64)}[indexOf(arrayZip({segments:Array(String)}, {arms:Array(String)}), (segment, variation))], held))) AS below
    FROM (
    SELECT segment AS segment, variation, user_key AS cluster, lists[1] AS held
    FROM unit_rows
    WHERE NOT several
)
    GROUP BY segment, variation, cluster
    HAVING size > 0
)
GROUP BY segment, variation
ORDER BY segment, variation;

-- random_splits
WITH
units AS
(
WITH candidates AS
(
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0) AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen)), arraySum(before_0_values), toFloat64(arraySum(before_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([after_1_values], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values,
        arrayMap((kind, moment) -> moment < first_at AND moment >= first_at - 1209600000, kinds, moments) AS before_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, before_0_chosen)) AS before_0_values,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < {stop:Int64}, kinds, moments) AS after_1_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_1_chosen)) AS after_1_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                '' AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    split,
    bitAnd(sipHash64(user_key, {seed:UInt64}, split), 1) AS half,
    count() AS units,
    sum(there) AS with_value,
    sum(odd) AS strange,
    toString(sum(toInt256(value))) AS sum,
    toString(sum(toInt256(value) * value)) AS squares
FROM (
    SELECT
        user_key,
        toUInt8(numbers[2] > 0) AS there,
        toUInt8(there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS odd,
        toInt128((if(there AND NOT odd, numbers[1], 0.)) * 18446744073709551616.) AS value
    FROM unit_rows
    WHERE NOT several
)
ARRAY JOIN range({splits:UInt32}) AS split
WHERE there OR 1
GROUP BY split, half
ORDER BY split, half;

-- splits_of_companies
WITH
units AS
(
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
        AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        AND 1
)
GROUP BY user_key
),
unit_rows AS
(
SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    CAST([arraySum(after_0_values), toFloat64(arraySum(after_0_chosen))], 'Array(Float64)') AS numbers,
    CAST([], 'Array(Array(Float64))') AS lists
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit,
        arrayMap((kind, moment) -> moment >= first_at + 0 AND moment < first_at + 72000000, kinds, moments) AS after_0_chosen,
        arraySort(arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, after_0_chosen)) AS after_0_values
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit,
            groupArrayIf(kind, exposed = 0) AS kinds,
            groupArrayIf(moment, exposed = 0) AS moments,
            groupArrayIf(amount, exposed = 0) AS amounts
        FROM
        (
            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                toString(unit) AS unit,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount
            FROM units AS exposed_user
            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount
            FROM events_metric FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        )
        GROUP BY user_key
        HAVING max(exposed)
    )
)
)
SELECT
    split,
    bitAnd(sipHash64(user_key, {seed:UInt64}, split), 1) AS half,
    count() AS units,
    sum(there) AS with_value,
    sum(odd) AS strange,
    toString(sum(toInt256(value))) AS sum,
    toString(sum(toInt256(value) * value)) AS squares
FROM (
    SELECT
        user_key,
        toUInt8(numbers[2] > 0) AS there,
        toUInt8(there AND NOT (abs(numbers[1]) <= 1000000000000000.)) AS odd,
        toInt128((if(there AND NOT odd, numbers[1], 0.)) * 18446744073709551616.) AS value
    FROM unit_rows
    WHERE NOT several AND unit IN
(
    SELECT unit
    FROM unit_rows
    GROUP BY unit
    HAVING unit != '' AND NOT max(several) AND min(variation) = max(variation)
)
)
ARRAY JOIN range({splits:UInt32}) AS split
WHERE there OR 1
GROUP BY split, half
ORDER BY split, half;

-- health
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
    AND if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
    AND has({variations:Array(String)}, variation)
    AND day <= toDate32(least(fromUnixTimestamp64Milli({stop:Int64}, 'UTC'), fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')));

-- recent_contexts
SELECT user_key, contexts, found
FROM
(
    SELECT
        user_key,
        contexts,
        count() OVER () AS found,
        sum(arraySum(each -> length(each.3), contexts)) OVER (
            ORDER BY sipHash64(user_key), user_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS bytes
    FROM
    (
        SELECT user_key, contexts
        FROM (
            SELECT
                user_key,
                arraySort(
                    arraySlice(arrayReverseSort(groupArray((at, flag, context))), 1, {contexts_max:UInt32})
                ) AS contexts
            FROM
            (
                SELECT
                    user_key,
                    flag,
                    toUnixTimestamp64Milli(max(occurred_at)) AS at,
                    argMax(context, (occurred_at, event_id)) AS context
                FROM events_exposure
                WHERE organization_id = {organization:String}
                    AND environment_id = {environment:String}
                    AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                    AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                    AND sipHash64(user_key) <= {hash_max:UInt64}
                    AND user_key != ''
                GROUP BY user_key, flag
            )
            GROUP BY user_key
        )
        ORDER BY sipHash64(user_key), user_key
        LIMIT {limit:UInt32}
    )
)
WHERE bytes <= {bytes_max:UInt64}
ORDER BY sipHash64(user_key), user_key;

-- leftovers
SELECT DISTINCT partition FROM system.parts WHERE active;

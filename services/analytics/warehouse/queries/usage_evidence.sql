-- What is known of some flags in some environments: when they were asked for last, and what was served since a moment,
-- of a flag by its commonest variations, and by the others together.
SELECT
    environment_id,
    flag,
    told AS variation,
    max(by_name_at) AS named_at,
    max(in_bulk_at) AS bulk_at,
    sum(by_name) AS named,
    sum(bulked) AS in_bulk,
    argMax(sdk, greatest(by_name_at, in_bulk_at)) AS last_sdk
FROM
(
    SELECT
        *,
        if(
            variation = ''
                OR row_number() OVER (
                    PARTITION BY environment_id, flag ORDER BY variation = '', by_name + bulked DESC, variation
                ) <= {variations_max:UInt32},
            variation,
            '…'
        ) AS told
    FROM
    (
        SELECT
            environment_id,
            flag,
            variation,
            toUnixTimestamp(maxIf(usage_hours.last_at, NOT bulk)) AS by_name_at,
            toUnixTimestamp(maxIf(usage_hours.last_at, bulk)) AS in_bulk_at,
            sumIf(count, NOT bulk AND hour >= toDateTime({start:Int64}, 'UTC')) AS by_name,
            sumIf(count, bulk AND hour >= toDateTime({start:Int64}, 'UTC')) AS bulked,
            argMax(usage_hours.sdk, usage_hours.last_at) AS sdk
        FROM usage_hours FINAL
        WHERE organization_id = {organization:String}
            AND has({environments:Array(String)}, environment_id)
            AND has({flags:Array(String)}, flag)
        GROUP BY environment_id, flag, variation
    )
)
GROUP BY environment_id, flag, told
ORDER BY environment_id, flag, variation

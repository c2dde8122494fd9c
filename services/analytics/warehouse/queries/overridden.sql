-- Users whom an override of the flag served during the experiment, and those of them who are in it by other exposures.
WITH overridden AS
(
    SELECT DISTINCT user_key
    FROM overridden_users
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND first_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
)
SELECT
    (SELECT count() FROM overridden) AS overridden_count,
    (
        SELECT uniqExact(user_key)
        FROM exposure_firsts
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND flag = {flag:String}
            AND $belongs
            AND has({variations:Array(String)}, variation)
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
            AND toInt64(bitShiftRight(earliest, 64)) < {stop:Int64}
            AND user_key IN (SELECT user_key FROM overridden)
    ) AS analysed_count

-- with: commonest_variations
-- Exposures and units of a flag per variation over the whole time, each event once; of variations that are not among
-- the commonest together.
SELECT told AS variation, exposures, units
FROM
(
    SELECT
        if(variation IN (SELECT variation FROM commonest_variations), variation, '…') AS told,
        count() AS exposures,
        uniqExact(user_key) AS units
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
    GROUP BY told
)
ORDER BY variation

-- How many users of the scope saw any variation of other flags, by flag: an upper bound of what two experiments share.
SELECT flag, count() AS users
FROM (/* on each shard */
    SELECT others.flag AS flag
    FROM
    (
        SELECT DISTINCT flag, user_key
        FROM exposure_firsts
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND has({flags:Array(String)}, flag)
    ) AS others
    INNER JOIN (SELECT user_key FROM units) AS exposed ON exposed.user_key = others.user_key
/* together */)
GROUP BY flag

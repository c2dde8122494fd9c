-- From when until when anything was told of some environments.
SELECT
    environment_id,
    toUnixTimestamp(min(usage_hours.first_at)) AS first_at,
    toUnixTimestamp(max(usage_hours.last_at)) AS last_at
FROM usage_hours
WHERE organization_id = {organization:String}
    AND has({environments:Array(String)}, environment_id)
GROUP BY environment_id

-- An hour made anew from all its minutes, each count once.
INSERT INTO usage_hours
SELECT
    organization_id,
    environment_id,
    flag,
    toStartOfHour(minute, 'UTC') AS hour,
    variation,
    reason,
    error,
    sdk,
    bulk,
    sum(usage_minutes.count) AS count,
    min(minute) AS first_at,
    max(minute) AS last_at,
    now64(3) AS made_at
FROM usage_minutes FINAL
WHERE minute >= toDateTime({hour:Int64}, 'UTC') AND minute < toDateTime({hour:Int64} + 3600, 'UTC')
GROUP BY organization_id, environment_id, flag, hour, variation, reason, error, sdk, bulk

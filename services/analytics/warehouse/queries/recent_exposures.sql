-- The latest decisions of a flag, each event once.
SELECT event_id, user_key, variation, experiment, config_version, context, occurred_at, received_at
FROM events_exposure
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
ORDER BY occurred_at DESC, event_id, received_at
LIMIT 1 BY user_key, event_id
LIMIT {limit:UInt32}

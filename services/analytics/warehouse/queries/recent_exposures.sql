-- The latest decisions of a flag, each event once.
SELECT
    event_id,
    user_key,
    variation,
    experiment,
    experiments,
    unit_key,
    config_version,
    override,
    context,
    occurred_at,
    received_at
FROM events_exposure FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
ORDER BY occurred_at DESC, event_id, received_at
LIMIT {limit:UInt32}

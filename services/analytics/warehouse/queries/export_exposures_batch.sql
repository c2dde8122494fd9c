-- The exposures of a batch, each event once, the first one received.
SELECT
    * EXCEPT (first_wins, loaded_at) REPLACE (
        nullIf(toString(experiment), '') AS experiment,
        nullIf(toString(experiments), '') AS experiments,
        nullIf(unit_key, '') AS unit_key
    ),
    sipHash128(events_exposure.flag, user_key, event_id) AS event_key
FROM events_exposure
WHERE events_exposure.organization_id = {organization:String}
    AND events_exposure.environment_id = {environment:String}
    AND loaded_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND loaded_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND events_exposure.flag >= {after_name:String}
    AND events_exposure.flag <= {last_name:String}
    AND (events_exposure.flag, user_key, event_id) > ({after_name:String}, {after_user:String}, {after_event:String})
    AND (events_exposure.flag, user_key, event_id) <= ({last_name:String}, {last_user:String}, {last_event:String})
ORDER BY events_exposure.flag, user_key, event_id, first_wins DESC
LIMIT 1 BY events_exposure.flag, user_key, event_id

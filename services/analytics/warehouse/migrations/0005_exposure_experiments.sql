-- The experiments that an exposure belongs to, as its evaluation said (JSON; '' does not say, '[]' is none), and the
-- randomised unit where that isn't the user. Copies of an event are told apart by more than their millisecond:
-- `first_wins` leaves 21 bits for the message and the line, which the loader fills in.
ALTER TABLE events_exposure $on_cluster ADD COLUMN IF NOT EXISTS experiments LowCardinality(String);

ALTER TABLE events_exposure $on_cluster ADD COLUMN IF NOT EXISTS unit_key String;

ALTER TABLE events_exposure $on_cluster MODIFY COLUMN first_wins UInt64
    DEFAULT 18446744073709551615 - bitShiftLeft(toUInt64(toUnixTimestamp64Milli(received_at)), 21);

ALTER TABLE events_metric $on_cluster MODIFY COLUMN first_wins UInt64
    DEFAULT 18446744073709551615 - bitShiftLeft(toUInt64(toUnixTimestamp64Milli(received_at)), 21);

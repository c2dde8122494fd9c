-- The trace of the request that changed it, as W3C's traceparent; null where nothing is traced. Publishing goes on in it.
ALTER TABLE outbox ADD COLUMN traceparent text;

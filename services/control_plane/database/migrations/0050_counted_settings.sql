-- Settings count their versions one by one. A write that was read before another one is refused, and not laid over it: one
-- that switches a flag off holds nobody off, so that nobody holds it off.
CREATE FUNCTION counted_on(stored bigint, written bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF written <> stored + 1 THEN
        RAISE EXCEPTION 'the settings were written since they were read' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN written;
END
$$;

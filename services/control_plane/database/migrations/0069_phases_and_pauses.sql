-- Phases of an experiment: the number of the present one, when it began (epoch milliseconds; NULL: with the experiment), and those
-- that are over, as they are told. `pauses` are the spans in which it counted nobody, the last one without an end while it is paused.
ALTER TABLE experiments ADD COLUMN phase integer NOT NULL DEFAULT 1 CHECK (phase >= 1);
ALTER TABLE experiments ADD COLUMN phase_started_at bigint;
ALTER TABLE experiments ADD COLUMN ended_phases json NOT NULL DEFAULT '[]';
ALTER TABLE experiments ADD COLUMN pauses json NOT NULL DEFAULT '[]';
ALTER TABLE experiments DROP CONSTRAINT experiments_status_check;
ALTER TABLE experiments ADD CONSTRAINT experiments_status_check
    CHECK (status IN ('draft', 'scheduled', 'running', 'paused', 'stopped'));

-- When an experiment is to start and to stop, who said so and what they said besides; `due_at` (epoch milliseconds) is the next of these
-- moments. `schedule_failure`: why what was due could not be done.
ALTER TABLE experiments ADD COLUMN schedule json;
ALTER TABLE experiments ADD COLUMN due_at bigint;
ALTER TABLE experiments ADD COLUMN schedule_failure json;
CREATE INDEX experiments_due ON experiments (due_at) WHERE due_at IS NOT NULL;

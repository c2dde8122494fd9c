-- What a change request was counted to do when its edits were written, by environment; see reviews/measurements.py.
ALTER TABLE change_requests ADD COLUMN impacts json NOT NULL DEFAULT '{}';

-- Set by a flag's editors, and carried by each of its answers.
ALTER TABLE flags ADD COLUMN metadata json NOT NULL DEFAULT '{}';

-- Who looks after an entity: the e-mail address of a member.
ALTER TABLE flags ADD COLUMN owner text;
ALTER TABLE segments ADD COLUMN owner text;
ALTER TABLE metrics ADD COLUMN owner text;
ALTER TABLE experiments ADD COLUMN owner text;
ALTER TABLE layers ADD COLUMN owner text;
ALTER TABLE holdouts ADD COLUMN owner text;

-- Lists of flags by other columns than the key.
CREATE INDEX flags_by_update ON flags (project_id, updated_at, key);
CREATE INDEX flags_by_creation ON flags (project_id, created_at, key);
CREATE INDEX flags_by_name ON flags (project_id, lower(name), key);

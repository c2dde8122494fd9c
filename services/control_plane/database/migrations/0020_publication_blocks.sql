-- The highest version that was let onto the stream, noted before anything of it is written: a stream that holds a
-- higher one knows more than this database does.
ALTER TABLE environments ADD COLUMN stream_version bigint NOT NULL DEFAULT 0;
UPDATE environments SET stream_version = version;

-- The stream's epoch, where it is above the lease's: then nothing at all is published.
ALTER TABLE leases ADD COLUMN blocked_epoch bigint, ADD COLUMN blocked_since timestamptz;

-- Environments that are not published because more is known elsewhere; found by the leader, ended by a command.
CREATE TABLE publication_blocks (
    environment_id uuid PRIMARY KEY REFERENCES environments (id),
    reason text NOT NULL CHECK (reason IN ('version_behind', 'followers_ahead')),
    version bigint NOT NULL,
    epoch bigint NOT NULL,
    since timestamptz NOT NULL
);

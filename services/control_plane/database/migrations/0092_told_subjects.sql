-- Subjects of which followers may hold something else than the CONFIG stream, because they were told of a version that it
-- had not taken. Whoever publishes the environment next writes them again.
ALTER TABLE environments ADD COLUMN told_subjects text[] NOT NULL DEFAULT '{}';

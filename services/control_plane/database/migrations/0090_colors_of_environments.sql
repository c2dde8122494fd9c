-- By what people tell an environment's pages from another's; `automatic` follows its place among its project's.
ALTER TABLE environments ADD COLUMN color text NOT NULL DEFAULT 'automatic';

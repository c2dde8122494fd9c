-- The attributes that exposures reported by the edge carry: an environment's, and of one flag in it.
ALTER TABLE environments ADD COLUMN exposure_attributes text[] NOT NULL DEFAULT '{}';

ALTER TABLE flag_settings ADD COLUMN exposure_attributes text[] NOT NULL DEFAULT '{}';

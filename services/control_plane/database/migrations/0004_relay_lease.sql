-- One relay leads; each new leader has a higher epoch, which everything it writes carries.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder uuid,
    epoch bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO leases (name) VALUES ('relay');

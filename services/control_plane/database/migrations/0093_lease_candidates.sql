-- Who would hold a lease, and since when each reaches the bus without a gap; null while it doesn't. By this database's clock.
CREATE TABLE lease_candidates (
    name text NOT NULL REFERENCES leases (name),
    holder uuid NOT NULL,
    said_at timestamptz NOT NULL,
    reaches_since timestamptz,
    PRIMARY KEY (name, holder)
);
REVOKE INSERT, UPDATE, DELETE ON lease_candidates FROM verdict_app, verdict_accounts;

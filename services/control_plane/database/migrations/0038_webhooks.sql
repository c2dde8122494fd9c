-- Subscriptions to what the audit log is told, what each of them is to be told, and how telling it went.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    url text NOT NULL,
    description text NOT NULL,
    events text[] NOT NULL,
    -- Empty: any.
    projects text[] NOT NULL,
    environments text[] NOT NULL,
    tags text[] NOT NULL,
    -- Sealed. The secret before the last rotation signs, too, until its end.
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_ends_at timestamptz,
    paused_because text CHECK (paused_because IN ('asked', 'failing', 'gone')),
    paused_at timestamptz,
    enabled boolean NOT NULL GENERATED ALWAYS AS (paused_because IS NULL) STORED,
    -- The last entry of the organization's audit log that was looked at for it.
    position bigint NOT NULL,
    -- Since when nothing but failures; null: the last attempt went well, or there was none.
    failing_since timestamptz,
    -- The last attempt failed or took long: attempts wait in a queue of their own.
    slow boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (organization_id, id),
    CHECK ((previous_secret IS NULL) = (previous_secret_ends_at IS NULL))
);
CREATE INDEX webhooks_organization ON webhooks (organization_id, created_at, id);

CREATE TABLE webhook_deliveries (
    -- Made of the webhook and the entry's hash: an event is delivered under one id, however often it is looked at.
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event_type text NOT NULL,
    -- Null: of a test.
    audit_number bigint,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    -- Attempts since it was queued, by which the pauses grow.
    tries integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    claim uuid,
    claimed_until timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    FOREIGN KEY (organization_id, webhook_id) REFERENCES webhooks (organization_id, id) ON DELETE CASCADE,
    UNIQUE (organization_id, id),
    CHECK ((state = 'waiting') = (next_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (webhook_id) WHERE claim IS NOT NULL;
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    organization_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    -- Null: no answer came.
    status integer,
    -- The answer's first 4 KiB.
    answer text,
    -- Null: it went well.
    error text,
    PRIMARY KEY (delivery_id, number),
    FOREIGN KEY (organization_id, delivery_id) REFERENCES webhook_deliveries (organization_id, id) ON DELETE CASCADE
);

-- Where tenants were protected before these tables came.
DO $$
BEGIN
    IF to_regprocedure('protect_tenant_table(regclass, name)') IS NOT NULL THEN
        PERFORM protect_tenant_table('webhooks');
        PERFORM protect_tenant_table('webhook_deliveries');
        PERFORM protect_tenant_table('webhook_attempts');
    END IF;
END
$$;

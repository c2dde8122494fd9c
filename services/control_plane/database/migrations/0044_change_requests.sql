-- How an environment's changes are agreed on. An environment without a row needs no approval; `approval_required` of
-- those that have one is the policy's `required`.
ALTER TABLE environments ADD COLUMN approval_required boolean NOT NULL DEFAULT false;

CREATE TABLE approval_policies (
    environment_id uuid PRIMARY KEY REFERENCES environments (id),
    organization_id uuid NOT NULL,
    required boolean NOT NULL,
    people integer NOT NULL CHECK (people BETWEEN 1 AND 20),
    reviewer_right text NOT NULL,
    own_approvals boolean NOT NULL,
    edits_void_approvals boolean NOT NULL,
    rules json NOT NULL,
    revision bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Edits that are looked at before they are made together. `edits` hold what stood and what would stand; `environments`
-- and `nouns` are what they touch, `author_ids` everybody who has written edits of it.
CREATE TABLE change_requests (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    number bigint NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'scheduled', 'applied', 'rejected', 'withdrawn')),
    edits json NOT NULL,
    revision bigint NOT NULL,
    environments text[] NOT NULL,
    nouns text[] NOT NULL,
    author json NOT NULL,
    author_ids uuid[] NOT NULL,
    scheduled_at timestamptz,
    scheduled_by json,
    failure json,
    ended_at timestamptz,
    ended_by json,
    environment_versions json NOT NULL,
    bypassed boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, number),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id),
    CHECK ((state = 'scheduled') = (scheduled_at IS NOT NULL))
);

CREATE INDEX change_requests_due ON change_requests (scheduled_at) WHERE state = 'scheduled';
CREATE INDEX change_requests_standing ON change_requests (project_id, number) WHERE state IN ('open', 'scheduled');

-- What people said of it; `verdict` is theirs of the edits of that revision, null of a mere comment.
CREATE TABLE change_request_comments (
    change_request_id uuid NOT NULL REFERENCES change_requests (id),
    number bigint NOT NULL,
    organization_id uuid NOT NULL,
    author json NOT NULL,
    author_id uuid NOT NULL,
    verdict text CHECK (verdict IN ('approve', 'reject')),
    text text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (change_request_id, number)
);

SELECT protect_tenant_table('approval_policies');
SELECT protect_tenant_table('change_requests');
SELECT protect_tenant_table('change_request_comments');

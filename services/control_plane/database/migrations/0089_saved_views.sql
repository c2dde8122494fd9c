-- How somebody has narrowed down a list, kept under a name: for themselves, or shared with the project.
CREATE TABLE saved_views (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    filters json NOT NULL,
    shared boolean NOT NULL,
    owner_id uuid NOT NULL,
    owner_name text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX saved_views_of_project ON saved_views (project_id, page, name, id);
SELECT protect_tenant_table('saved_views');

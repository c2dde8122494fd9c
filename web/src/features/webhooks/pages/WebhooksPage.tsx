import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { pagePath } from "@/lib/url";
import { listensTo, standing } from "../model";
import { WebhookForm } from "../parts/WebhookForm";
import { useWebhooks, useWebhookWrites, type Webhook } from "../queries";
import classes from "./webhooks.module.css";

const columns: readonly Column<Webhook>[] = [
  {
    id: "url",
    header: "Webhook",
    cell: (row) => (row.description === "" ? row.url : row.description),
  },
  { id: "address", header: "Address", width: "28%", cell: (row) => <span className={classes.hint}>{row.url}</span> },
  { id: "events", header: "Is told of", width: "26%", cell: (row) => listensTo(row) },
  {
    id: "state",
    header: "State",
    width: "150px",
    cell: (row) => {
      const { label, tone } = standing(row);
      return <Badge tone={tone}>{label}</Badge>;
    },
  },
  { id: "updated", header: "Updated", width: "130px", cell: (row) => <Time at={row.updated_at} /> },
];

export default function WebhooksPage() {
  const { organization, project } = usePlace();
  const navigate = useNavigate();
  const { query, more } = useWebhooks(organization.id);
  const writes = useWebhookWrites(organization.id);
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<{ readonly id: string; readonly secret: string } | null>(null);
  const create = (
    <Guarded right="webhook:manage">
      {(props) => (
        <Button onClick={() => setCreating(true)} {...props}>
          Create webhook
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Webhooks"
        subtitle={`What the audit log of ${organization.name} is told, programs of your own can be told, too: signed as Standard Webhooks says.`}
        actions={create}
      />
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label="Webhooks"
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            href={(row) => pagePath(project.key, "webhooks", row.id)}
            more={more}
            empty={
              <Empty
                title="Nobody is told yet"
                text="Send changes, incidents and approvals to a chat, a deploy channel or a program of your own."
                action={create}
              />
            }
          />
        )}
      </QueryView>
      {creating && (
        <WebhookForm
          webhook={null}
          close={() => setCreating(false)}
          onSubmit={async (body) => {
            const { data } = await writes.create(body);
            announce(null, { what: `Created the webhook to ${data.url}` });
            setMade({ id: data.id, secret: data.secret });
            return data;
          }}
        />
      )}
      <SecretOnce
        title="The webhook's secret"
        secret={made?.secret ?? null}
        label="With it the receiver verifies each request"
        onClose={() => {
          setMade(null);
          if (made !== null) void navigate({ to: pagePath(project.key, "webhooks", made.id) });
        }}
      />
    </>
  );
}

import { Button, Drawer, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { Guarded } from "@/components/Guarded";
import { JsonEditor } from "@/components/JsonEditor";
import { KeyValue } from "@/components/KeyValue";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { duration } from "@/lib/format";
import { useSearchState } from "@/lib/url";
import { DELIVERIES, lastAnswer } from "../model";
import classes from "../pages/webhooks.module.css";
import { type Delivery, type DeliveryDetail, deliveryQuery, useDeliveries, useWebhookWrites } from "../queries";

const schema = z.object({
  state: z.enum(["waiting", "delivered", "failed"]).nullable().default(null),
  delivery: z.string().default(""),
});

/** The log of what was sent; one opened beside it. */
export function Deliveries({ webhook }: { readonly webhook: string }) {
  const { organization } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const { query, more } = useDeliveries(organization.id, webhook, search.state);
  const columns: readonly Column<Delivery>[] = [
    {
      id: "event",
      header: "Event",
      width: "220px",
      cell: (row) => (
        <button type="button" className={classes.link} onClick={() => setSearch({ delivery: row.id })}>
          {row.event_type}
        </button>
      ),
    },
    {
      id: "state",
      header: "State",
      width: "130px",
      cell: (row) => <Badge tone={DELIVERIES[row.state].tone}>{DELIVERIES[row.state].label}</Badge>,
    },
    {
      id: "answer",
      header: "Last answer",
      width: "26%",
      cell: (row) => <span className={classes.short}>{lastAnswer(row)}</span>,
    },
    { id: "attempts", header: "Attempts", width: "100px", align: "right", cell: (row) => row.attempts },
    { id: "created", header: "Happened", width: "140px", cell: (row) => <Time at={row.created_at} /> },
    {
      id: "next",
      header: "Next attempt",
      width: "140px",
      cell: (row) => (row.next_at === null ? "none" : <Time at={row.next_at} />),
    },
  ];
  return (
    <Card title="Deliveries">
      <FilterBar
        fields={[
          {
            name: "state",
            label: "State",
            kind: "choice",
            options: Object.entries(DELIVERIES).map(([value, each]) => ({ value, label: each.label })),
          },
        ]}
        value={{ state: search.state }}
        onChange={(change) => setSearch(schema.parse({ ...search, state: change.state === "" ? null : change.state }))}
      />
      <QueryView query={query} part>
        {(rows) => (
          <DataTable
            label="Deliveries"
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            more={more}
            empty={
              <Empty
                title={search.state === null ? "Nothing was sent yet" : "No delivery is in this state"}
                text="Send a test to see one."
              />
            }
          />
        )}
      </QueryView>
      <Drawer
        opened={search.delivery !== ""}
        onClose={() => setSearch({ delivery: "" })}
        position="right"
        size="lg"
        title="Delivery"
      >
        {search.delivery !== "" && <Details webhook={webhook} delivery={search.delivery} />}
      </Drawer>
    </Card>
  );
}

function Details({ webhook, delivery }: { readonly webhook: string; readonly delivery: string }) {
  const { organization } = usePlace();
  const query = useQuery(deliveryQuery(organization.id, webhook, delivery));
  const writes = useWebhookWrites(organization.id);
  const resend = async () => {
    try {
      await writes.resend(webhook, delivery);
      announce(null, { what: "It is on its way again" });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <QueryView query={query} part>
      {(found) => (
        <Stack gap="md">
          <KeyValue
            items={[
              { label: "Event", value: found.event_type },
              {
                label: "State",
                value: <Badge tone={DELIVERIES[found.state].tone}>{DELIVERIES[found.state].label}</Badge>,
              },
              { label: "Id", value: <code>{found.message_id}</code> },
              { label: "Audit entry", value: found.audit_number ?? "none: it was a test" },
              { label: "Sent to", value: found.url },
            ]}
          />
          <Guarded right="webhook:manage">
            {(props) => (
              <Button variant="default" onClick={() => void resend()} {...props}>
                Send it again
              </Button>
            )}
          </Guarded>
          <JsonEditor label="Request" value={JSON.stringify(found.payload, null, 2)} height={260} />
          <div>
            <strong>Attempts</strong>
            {found.log.length === 0 && <p className={classes.hint}>None yet.</p>}
            {found.log.map((each) => (
              <Attempt key={each.number} attempt={each} />
            ))}
          </div>
        </Stack>
      )}
    </QueryView>
  );
}

function Attempt({ attempt }: { readonly attempt: DeliveryDetail["log"][number] }) {
  return (
    <div className={classes.attempt}>
      {attempt.number}. {attempt.status === null ? (attempt.error ?? "no answer") : `Status ${attempt.status}`} after{" "}
      {duration(attempt.milliseconds)}, <Time at={attempt.at} />
      {attempt.answer !== null && attempt.answer !== "" && <pre className={classes.answer}>{attempt.answer}</pre>}
    </div>
  );
}

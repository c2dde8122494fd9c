import { Alert, Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useKeys } from "@/lib/keyboard";
import { pagePath, useParams } from "@/lib/url";
import { asItWas, listensTo, standing } from "../model";
import { Deliveries } from "../parts/Deliveries";
import { WebhookForm } from "../parts/WebhookForm";
import { useWebhookWrites, type Webhook, type WebhookPatch, webhookQuery } from "../queries";
import classes from "./webhooks.module.css";

type Asked = "edit" | "rotate" | "delete";

const OVERLAPS = [
  { value: "0", label: "Nothing: the old secret is gone at once" },
  { value: "3600", label: "An hour" },
  { value: "86400", label: "A day" },
  { value: "604800", label: "A week" },
];

export default function WebhookPage() {
  const { key } = useParams();
  const { organization } = usePlace();
  const query = useQuery(webhookQuery(organization.id, key));
  return <QueryView query={query}>{(webhook) => <Body webhook={webhook} />}</QueryView>;
}

function Body({ webhook }: { readonly webhook: Webhook }) {
  const { project } = usePlace();
  const { label, tone } = standing(webhook);
  return (
    <>
      <PageHeader
        back={{ label: "Webhooks", to: pagePath(project.key, "webhooks") }}
        title={webhook.description === "" ? webhook.url : webhook.description}
        subtitle={
          <>
            <Badge tone={tone}>{label}</Badge> {webhook.url}
          </>
        }
        actions={<WebhookActions webhook={webhook} />}
      />
      <div className={classes.stack}>
        {webhook.paused_because !== null && webhook.paused_because !== "asked" && (
          <Alert color="red" variant="light" title={label}>
            What happens during a pause is not told later. Put the receiver right, then let it go on: what waited is
            sent.
          </Alert>
        )}
        <Card title="About it">
          <KeyValue
            items={[
              { label: "Is told of", value: listensTo(webhook) },
              { label: "Made", value: <Time at={webhook.created_at} /> },
              ...(webhook.failing_since === null
                ? []
                : [{ label: "Failing since", value: <Time at={webhook.failing_since} /> }]),
              ...(webhook.paused_at === null ? [] : [{ label: "Paused", value: <Time at={webhook.paused_at} /> }]),
              ...(webhook.previous_secret_ends_at === null
                ? []
                : [{ label: "Old secret ends", value: <Time at={webhook.previous_secret_ends_at} /> }]),
            ]}
          />
        </Card>
        <Deliveries webhook={webhook.id} />
      </div>
    </>
  );
}

function WebhookActions({ webhook }: { readonly webhook: Webhook }) {
  const { organization, project } = usePlace();
  const navigate = useNavigate();
  const writes = useWebhookWrites(organization.id);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [overlap, setOverlap] = useState("86400");
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => setAsked(null);
  const { allowed } = useRight("webhook:manage");
  useKeys({ e: () => setAsked("edit") }, allowed);
  const test = async () => {
    try {
      await writes.test(webhook.id);
      announce(null, { what: "A test is on its way" });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const change = async (body: WebhookPatch, what: string, version = webhook.version) => {
    const written = await writes.change({ ...webhook, version }, body);
    announce(written, { what, undo: () => writes.change(written.data, asItWas(webhook, body)) });
    return written.data;
  };
  const turn = (enabled: boolean) =>
    change({ enabled }, enabled ? "The webhook goes on" : "Paused the webhook").catch(announceProblem);
  const actions = [
    { label: "Send a test", run: () => void test() },
    { label: webhook.enabled ? "Pause" : "Let it go on", run: () => void turn(!webhook.enabled) },
    { label: "Edit", run: () => setAsked("edit") },
    { label: "Rotate the secret", run: () => setAsked("rotate") },
    { label: "Delete", run: () => setAsked("delete") },
  ];
  return (
    <>
      {actions.map((each) => (
        <Guarded key={each.label} right="webhook:manage">
          {(props) => (
            <Button
              variant={each.label === "Delete" ? "outline" : "default"}
              {...(each.label === "Delete" ? { color: "red" } : {})}
              onClick={each.run}
              {...props}
            >
              {each.label}
            </Button>
          )}
        </Guarded>
      ))}
      {asked === "edit" && (
        <WebhookForm
          webhook={webhook}
          close={close}
          onSubmit={(body, version) => change(body, "Saved the webhook", version)}
        />
      )}
      {asked === "rotate" && (
        <FormDialog
          opened
          onClose={close}
          title="Rotate the secret"
          confirm="Rotate the secret"
          onSubmit={async () => {
            const { data } = await writes.rotate(webhook.id, Number(overlap));
            announce(null, { what: "The webhook has a new secret" });
            setSecret(data.secret);
          }}
        >
          <Select
            label="Both secrets sign for"
            description="Until then each request carries a signature of each."
            data={OVERLAPS}
            allowDeselect={false}
            value={overlap}
            onChange={(next) => setOverlap(next ?? "86400")}
          />
        </FormDialog>
      )}
      <ConfirmDialog
        opened={asked === "delete"}
        onClose={close}
        title="Delete the webhook"
        confirm="Delete the webhook"
        tone="danger"
        onConfirm={async () => {
          await writes.remove(webhook.id);
          announce(null, { what: "Deleted the webhook" });
          void navigate({ to: pagePath(project.key, "webhooks") });
        }}
      >
        Nothing is sent to {webhook.url} any more. Its secret and its deliveries are forgotten, and that can't be taken
        back: pause it to have it again later.
      </ConfirmDialog>
      <SecretOnce
        title="The new secret"
        secret={secret}
        label="With it the receiver verifies each request"
        onClose={() => setSecret(null)}
      />
    </>
  );
}

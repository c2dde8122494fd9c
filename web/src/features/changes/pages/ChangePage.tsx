import { Alert, Button, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { absoluteTime } from "@/lib/format";
import { useKeys } from "@/lib/keyboard";
import { testAddress } from "@/lib/test-address";
import { pagePath, useParams } from "@/lib/url";
import { approvalWords, standing } from "../model";
import { Actions } from "../parts/Actions";
import { Approvals } from "../parts/Approvals";
import { Collisions } from "../parts/Collisions";
import { Comments } from "../parts/Comments";
import { EditCard } from "../parts/EditCard";
import { ImpactCard } from "../parts/ImpactCard";
import { type ChangeRequest, changeQuery, useChangeActions } from "../queries";
import classes from "./changes.module.css";

export default function ChangePage() {
  const { project, key } = useParams();
  const query = useQuery(changeQuery(project, Number(key)));
  return <QueryView query={query}>{(change) => <Request change={change} />}</QueryView>;
}

function Request({ change }: { readonly change: ChangeRequest }) {
  const { project, environments, person } = usePlace();
  const actions = useChangeActions(project.key, change.number);
  const [writing, setWriting] = useState(false);
  const { label, tone } = standing(change);
  const over = change.state === "applied" || change.state === "withdrawn";
  const [where] = change.environments;
  const at = where === undefined ? {} : { environment: where };
  const { allowed } = useRight("change:propose", where);
  useKeys({ e: () => setWriting(true) }, !over && allowed);
  const reasonDemanded = environments.some((each) => each.reason_required && change.environments.includes(each.key));
  return (
    <>
      <PageHeader
        back={{ label: "Changes", to: pagePath(project.key, "changes") }}
        title={change.title}
        subtitle={
          <>
            <Badge tone={tone}>{label}</Badge> #{change.number} by {change.author.name}, <Time at={change.created_at} />
          </>
        }
        actions={
          !over && (
            <Guarded right="change:propose" {...at}>
              {(guard) => (
                <Button
                  variant="default"
                  leftSection={<Icon name="edit" size={16} />}
                  onClick={() => setWriting(true)}
                  {...guard}
                >
                  Edit the title
                </Button>
              )}
            </Guarded>
          )
        }
      />
      <div className={classes.columns}>
        <div className={classes.stack}>
          {change.failure !== null && (
            <Alert color="red" variant="light" title="It could not be applied when its time came">
              {change.failure.detail}
            </Alert>
          )}
          {change.bypassed && (
            <Alert color="yellow" variant="light" title="Applied without the approvals that it needed">
              The audit log has who decided so, and why.
            </Alert>
          )}
          {!over && (
            <Collisions
              change={change}
              rewrite={async (edits) =>
                announce(await actions.rewrite(change.version, { edits }), { what: `Rebased #${change.number}` })
              }
            />
          )}
          {change.description !== "" && <p className={classes.text}>{change.description}</p>}
          {change.edits.map((each) => (
            <EditCard key={`${each.entity} ${each.key} ${each.environment} ${each.action}`} edit={each} />
          ))}
          <ImpactCard change={change} measure={over ? null : actions.measure} />
          <Comments project={project.key} number={change.number} environment={where} say={actions.comment} />
        </div>
        <aside className={`${classes.stack} ${classes.side}`} aria-label="State of the request">
          <Card title={over ? "What became of it" : "What can be done"}>
            <Standing change={change} />
            {!over && (
              <Actions change={change} personId={person.id} reasonDemanded={reasonDemanded} actions={actions} />
            )}
          </Card>
          <Approvals approvals={change.approvals} />
          {!over && <Trial change={change} project={project.key} />}
        </aside>
      </div>
      {writing && <Words change={change} close={() => setWriting(false)} actions={actions} />}
    </>
  );
}

function Standing({ change }: { readonly change: ChangeRequest }) {
  const versions = Object.entries(change.environment_versions);
  const items = [
    { label: "Approvals", value: approvalWords(change.approvals) },
    ...(change.scheduled_at === null
      ? []
      : [
          {
            label: "Is applied",
            value: `${absoluteTime(change.scheduled_at)}, as ${change.scheduled_by?.name ?? "who scheduled it"}`,
          },
        ]),
    ...(change.ended_at === null || change.ended_by === null
      ? []
      : [
          {
            label: change.state === "applied" ? "Applied" : "Withdrawn",
            value: (
              <>
                by {change.ended_by.name}, <Time at={change.ended_at} />
              </>
            ),
          },
        ]),
    ...(versions.length === 0
      ? []
      : [{ label: "Versions", value: versions.map(([key, version]) => `${key} ${version}`).join(", ") }]),
  ];
  return (
    <div className={classes.standing}>
      <KeyValue items={items} />
    </div>
  );
}

/** What single users get before and after the change; the impact says how many of them. */
function Trial({ change, project }: { readonly change: ChangeRequest; readonly project: string }) {
  const settings = change.edits.filter((each) => each.entity === "flag_settings" && each.environment !== null);
  if (settings.length === 0) return null;
  return (
    <Card title="Try it in Test">
      <p className={classes.hint}>Test explains step by step what a user gets, now or as if this was applied.</p>
      {settings.map((each) => {
        const asked = { flag: each.key, environment: each.environment ?? "" };
        const { on_experiments: _, ...draft } = each.document;
        const after = each.action === "update" ? testAddress(project, { ...asked, draft }) : null;
        return (
          <p key={`${each.key} ${each.environment}`}>
            <PageLink to={testAddress(project, asked) ?? pagePath(project, "test")}>{each.key} as it is now</PageLink>
            {after !== null && (
              <>
                {" · "}
                <PageLink to={after}>with this change</PageLink>
              </>
            )}
          </p>
        );
      })}
    </Card>
  );
}

interface WordsProps {
  readonly change: ChangeRequest;
  readonly close: () => void;
  readonly actions: ReturnType<typeof useChangeActions>;
}

function Words({ change, close, actions }: WordsProps) {
  const [title, setTitle] = useState(change.title);
  const [description, setDescription] = useState(change.description);
  return (
    <FormDialog
      opened
      onClose={close}
      title="Title and description"
      confirm="Save the title"
      incomplete={title.trim() === "" ? "It needs a title" : ""}
      onSubmit={async () =>
        announce(await actions.rewrite(change.version, { title: title.trim(), description }), {
          what: `Changed the words of #${change.number}`,
        })
      }
    >
      <TextInput
        label="Title"
        required
        maxLength={200}
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        autosize
        minRows={3}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

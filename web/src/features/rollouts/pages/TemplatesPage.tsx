import { Button, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Empty } from "@/components/Empty";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { pagePath } from "@/lib/url";
import { draftOf, guardDocuments, incompleteGuards, newPlan, planDocument } from "../draft";
import { guardsOf, guardWords, planOf, planWords, stepWords } from "../model";
import { GuardFields } from "../parts/GuardFields";
import { PlanFields } from "../parts/PlanFields";
import classes from "../parts/rollouts.module.css";
import { type Template, templatesQuery, useRolloutWrites } from "../queries";

export default function TemplatesPage() {
  const { project, environment } = usePlace();
  const query = useQuery(templatesQuery(project.key));
  const writes = useRolloutWrites(project.key, environment.key);
  const [edited, setEdited] = useState<Template | "new" | null>(null);
  const [leaving, setLeaving] = useState<Template | null>(null);
  const create = (
    <Guarded right="rollout:manage">
      {(props) => (
        <Button onClick={() => setEdited("new")} {...props}>
          Create template
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        back={{ label: "Rollouts", to: pagePath(project.key, "rollouts") }}
        title="Rollout templates"
        subtitle="Steps and guards that rollouts begin with. A later change of a template changes no rollout."
        actions={create}
      />
      <QueryView query={query}>
        {(templates) =>
          templates.length === 0 ? (
            <Empty
              title="No template yet"
              text="Write down once how your team releases carefully, and begin each rollout with it."
              action={create}
            />
          ) : (
            <div className={classes.stack}>
              {templates.map((each) => (
                <Card
                  key={each.key}
                  title={each.name}
                  subtitle={each.description || (each.name === each.key ? undefined : each.key)}
                  actions={
                    <>
                      <Guarded right="rollout:manage">
                        {(props) => (
                          <Button
                            variant="default"
                            size="xs"
                            aria-label={`Edit ${each.name}`}
                            onClick={() => setEdited(each)}
                            {...props}
                          >
                            Edit
                          </Button>
                        )}
                      </Guarded>
                      <Guarded right="rollout:manage">
                        {(props) => (
                          <Button
                            variant="subtle"
                            size="xs"
                            color="red"
                            aria-label={`Delete ${each.name}`}
                            onClick={() => setLeaving(each)}
                            {...props}
                          >
                            Delete
                          </Button>
                        )}
                      </Guarded>
                    </>
                  }
                >
                  <p>
                    {(planOf(each.plan).steps ?? []).map(stepWords).join(", then ") || planWords(planOf(each.plan))}
                  </p>
                  <ul>
                    {guardsOf(each.guards).map((guard) => (
                      <li key={guardWords(guard)}>{guardWords(guard)}</li>
                    ))}
                  </ul>
                </Card>
              ))}
            </div>
          )
        }
      </QueryView>
      {edited !== null && (
        <TemplateDialog template={edited === "new" ? null : edited} close={() => setEdited(null)} writes={writes} />
      )}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Delete the template"
        confirm="Delete the template"
        tone="danger"
        onConfirm={async () => {
          if (leaving !== null)
            announce(await writes.removeTemplate(leaving.key), { what: `Deleted the template ${leaving.name}` });
        }}
      >
        Rollouts that began with it stay as they are.
      </ConfirmDialog>
    </>
  );
}

interface DialogProps {
  readonly template: Template | null;
  readonly close: () => void;
  readonly writes: ReturnType<typeof useRolloutWrites>;
}

function TemplateDialog({ template, close, writes }: DialogProps) {
  const begun = template === null ? { plan: newPlan, guards: [] } : draftOf(template.plan, template.guards);
  const [key, setKey] = useState(template?.key ?? "");
  const [name, setName] = useState(template?.name ?? "");
  const [description, setDescription] = useState(template?.description ?? "");
  const [plan, setPlan] = useState(begun.plan);
  const [guards, setGuards] = useState(begun.guards);
  const [alpha, setAlpha] = useState(template?.alpha ?? 0.05);
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={template === null ? "Create template" : `Edit ${template.name}`}
      confirm="Save the template"
      incomplete={key === "" ? "It needs a key" : incompleteGuards(guards)}
      onSubmit={async () => {
        const body = {
          name: name === "" ? key : name,
          description,
          plan: planDocument(plan),
          guards: guardDocuments(guards),
          alpha,
        };
        announce(await writes.saveTemplate(key, body, template?.version ?? null), {
          what: `Saved the template ${body.name}`,
        });
      }}
    >
      <div className={classes.fields}>
        <TextInput
          label="Key"
          required
          disabled={template !== null}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput
          label="Error rate"
          min={0.001}
          max={0.5}
          step={0.01}
          value={alpha}
          onChange={(next) => setAlpha(Number(next) || 0.05)}
        />
      </div>
      <Textarea
        label="Description"
        autosize
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <PlanFields value={plan} onChange={setPlan} />
      <GuardFields value={guards} onChange={setGuards} />
    </FormDialog>
  );
}

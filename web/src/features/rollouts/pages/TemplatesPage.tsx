import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { pagePath } from "@/lib/url";
import { guardsOf, guardWords, planOf, planWords, stepWords } from "../model";
import classes from "../parts/rollouts.module.css";
import { fieldsOf, TemplateDialog } from "../parts/TemplateDialog";
import { type Template, templatesQuery, useRolloutWrites } from "../queries";

export default function TemplatesPage() {
  const { project, environment } = usePlace();
  const query = useQuery(templatesQuery(project.key));
  const writes = useRolloutWrites(project.key, environment.key);
  const [edited, setEdited] = useState<Template | "new" | null>(null);
  // As it stands now: somebody else may have changed it since the dialog was opened.
  const current = query.data?.find((each) => edited !== null && edited !== "new" && each.key === edited.key);
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
        <TemplateDialog
          template={edited === "new" ? null : (current ?? edited)}
          close={() => setEdited(null)}
          writes={writes}
        />
      )}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Delete the template"
        confirm="Delete the template"
        tone="danger"
        onConfirm={async () => {
          if (leaving === null) return;
          announce(await writes.removeTemplate(leaving.key, leaving.version), {
            what: `Deleted the template ${leaving.name}`,
            undo: () => writes.saveTemplate(leaving.key, fieldsOf(leaving), null),
          });
        }}
      >
        Rollouts that began with it stay as they are.
      </ConfirmDialog>
    </>
  );
}

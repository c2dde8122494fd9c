import { Checkbox, Group, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { useAttributes } from "@/components/attributes/use-attributes";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { EntityPicker } from "@/components/EntityPicker";
import { PageHeader } from "@/components/PageHeader";
import { useSearchState } from "@/lib/url";
import { contextOf } from "../model";
import { Answers } from "../parts/Answers";
import { ContextForm } from "../parts/ContextForm";
import classes from "../parts/test.module.css";
import { testedFlagQuery } from "../queries";

const search = z.object({
  flag: z.string().optional(),
  context: z.string().default(""),
  at: z.string().optional(),
  beside: z.array(z.string()).default([]),
  steps: z.string().optional(),
});

const QUIET_MILLISECONDS = 300;

/** What somebody gets, and each step that leads there. */
export default function TestPage() {
  const { project, environment, environments } = usePlace();
  const [state, set] = useSearchState(search);
  const attributes = useAttributes(project.key, environment.key);
  const [written] = useDebouncedValue(state.context, QUIET_MILLISECONDS);
  const context = contextOf(written);
  const flag = state.flag ?? "";
  const variations = useQuery({ ...testedFlagQuery(project.key, flag), enabled: flag !== "" }).data?.variations ?? [];
  const beside = environments.filter((each) => each.key === environment.key || state.beside.includes(each.key));
  const toggle = (key: string, on: boolean) =>
    set({ beside: on ? [...state.beside, key] : state.beside.filter((each) => each !== key) });
  return (
    <>
      <PageHeader
        title="Test"
        subtitle="What a context gets, and why: by the code that decides at the edges. Nothing is changed or counted."
      />
      <div className={classes.columns}>
        <div className={classes.column}>
          <Card title="What">
            <EntityPicker
              kind="flag"
              label="Flag"
              value={state.flag ?? null}
              onChange={(key) => set({ flag: key ?? undefined })}
            />
          </Card>
          <Card title="Who">
            <ContextForm value={state.context} onChange={(value) => set({ context: value })} attributes={attributes} />
          </Card>
          <Card title="When and where">
            <TextInput
              label="At"
              description="Empty: as it is saved now."
              type="datetime-local"
              value={state.at === undefined ? "" : localOf(state.at)}
              onChange={(event) => {
                const typed = event.currentTarget.value;
                set({ at: typed === "" ? undefined : new Date(typed).toISOString() });
              }}
            />
            {environments.length > 1 && (
              <Checkbox.Group label={`Beside ${environment.name}`} mt="sm" value={state.beside}>
                <Group mt="xs" gap="md">
                  {environments
                    .filter((each) => each.key !== environment.key)
                    .map((each) => (
                      <Checkbox
                        key={each.key}
                        value={each.key}
                        label={each.name}
                        checked={state.beside.includes(each.key)}
                        onChange={(event) => toggle(each.key, event.currentTarget.checked)}
                      />
                    ))}
                </Group>
              </Checkbox.Group>
            )}
          </Card>
        </div>
        <div className={classes.column}>
          {flag === "" || context === null ? (
            <Empty
              title={flag === "" ? "Choose a flag" : "The context is no JSON object yet"}
              text="Then each step of its evaluation stands here: what passed, what did not, and what the context had."
            />
          ) : (
            <Answers
              asked={{ project: project.key, flag, context, at: state.at ?? null }}
              environments={beside}
              shown={state.steps ?? environment.key}
              onShow={(key) => set({ steps: key })}
              variations={variations}
            />
          )}
        </div>
      </div>
    </>
  );
}

/** As the browser's field wants it: in the person's zone, to the minute. */
function localOf(at: string): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

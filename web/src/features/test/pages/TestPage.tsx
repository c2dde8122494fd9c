import { Checkbox, Group, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { useAttributes } from "@/components/attributes/use-attributes";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { EntityPicker } from "@/components/EntityPicker";
import { JsonEditor } from "@/components/JsonEditor";
import { PageHeader } from "@/components/PageHeader";
import { zoneName } from "@/lib/format";
import { inColourOrder } from "@/lib/rules";
import { pagePath, stringifySearch, useSearchState } from "@/lib/url";
import { contextOf } from "../answer";
import { AllAnswers } from "../parts/AllAnswers";
import { Answers } from "../parts/Answers";
import { ContextForm } from "../parts/ContextForm";
import { Personas } from "../parts/Personas";
import classes from "../parts/test.module.css";
import { testedFlagQuery } from "../queries";

const search = z.object({
  flag: z.string().optional(),
  context: z.string().default(""),
  at: z.string().optional(),
  beside: z.array(z.string()).default([]),
  steps: z.string().optional(),
  /** Settings that aren't saved, as JSON. */
  draft: z.string().optional(),
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
  const tested = useQuery({ ...testedFlagQuery(project.key, flag), enabled: flag !== "" }).data;
  const variations = tested === undefined ? [] : inColourOrder(tested.variations, tested.off_variation);
  const draft = state.draft === undefined ? null : contextOf(state.draft);
  const beside = environments.filter((each) => each.key === environment.key || state.beside.includes(each.key));
  // Fields keep what is typed as it is typed; another persona begins them anew.
  const [persona, setPersona] = useState(0);
  return (
    <>
      <PageHeader
        title="Test"
        subtitle="What a context is served, and why. It is decided by the code of the edges; nothing is changed or counted."
      />
      <div className={classes.page}>
        <div className={classes.columns}>
          <div className={classes.column}>
            <Card title="What">
              <EntityPicker
                kind="flag"
                label="Flag"
                value={state.flag ?? null}
                description="Leave it empty to see all of them."
                onChange={(key) => set({ flag: key ?? undefined, draft: undefined })}
              />
              {flag !== "" && (
                <SegmentedControl
                  mt="sm"
                  size="xs"
                  aria-label="Settings"
                  data={[
                    { value: "saved", label: "As saved" },
                    { value: "draft", label: "As a draft" },
                  ]}
                  value={state.draft === undefined ? "saved" : "draft"}
                  onChange={(chosen) => set({ draft: chosen === "draft" ? "{}" : undefined, at: undefined })}
                />
              )}
              {state.draft !== undefined && (
                <JsonEditor
                  label={`Changes of ${environment.name}'s settings`}
                  description="As a PATCH takes them: rules, default, targets, enabled …"
                  height={180}
                  value={state.draft}
                  error={draft === null ? "The changes are a JSON object." : null}
                  onChange={(typed) => set({ draft: typed })}
                />
              )}
            </Card>
            <Card title="Who">
              <Personas
                project={project.key}
                context={contextOf(state.context) ?? {}}
                onChoose={(chosen) => {
                  set({ context: JSON.stringify(chosen) });
                  setPersona((before) => before + 1);
                }}
              />
              <ContextForm
                key={persona}
                value={state.context}
                onChange={(value) => set({ context: value })}
                attributes={attributes}
              />
            </Card>
            <Card title="When and where">
              <TextInput
                label="At"
                description={`In your zone, ${zoneName()}. Leave it empty for what is saved now.`}
                type="datetime-local"
                step={1}
                disabled={state.draft !== undefined}
                value={state.at === undefined ? "" : localOf(state.at)}
                onChange={(event) => {
                  const typed = event.currentTarget.value;
                  set({ at: typed === "" ? undefined : new Date(typed).toISOString() });
                }}
              />
              {environments.length > 1 && (
                <Checkbox.Group
                  label={`Compare ${environment.name} with`}
                  mt="sm"
                  value={state.beside}
                  onChange={(beside) => set({ beside })}
                >
                  <Group mt="xs" gap="md">
                    {environments
                      .filter((each) => each.key !== environment.key)
                      .map((each) => (
                        <Checkbox key={each.key} value={each.key} label={each.name} />
                      ))}
                  </Group>
                </Checkbox.Group>
              )}
            </Card>
          </div>
          <div className={classes.column}>
            {context === null && (
              <Empty
                title="The context is no JSON object yet"
                text="Then each step of the evaluation stands here: what passed, what did not, and what the context had."
              />
            )}
            {context !== null && flag === "" && (
              <AllAnswers
                asked={{ project: project.key, environment: environment.key, context, at: state.at ?? null }}
                environment={environment}
                beside={beside.filter((each) => each.key !== environment.key)}
                href={(flag) => pagePath(project.key, "test") + stringifySearch({ ...state, flag })}
              />
            )}
            {context !== null && flag !== "" && (
              <Answers
                asked={{ project: project.key, flag, context, at: state.at ?? null, draft }}
                draftOf={environment.key}
                environments={beside}
                shown={state.steps ?? environment.key}
                onShow={(key) => set({ steps: key })}
                variations={variations}
              />
            )}
          </div>
        </div>
      </div>
    </>
  );
}

/** As the browser's field wants it: in the person's zone, to the second. */
function localOf(at: string): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

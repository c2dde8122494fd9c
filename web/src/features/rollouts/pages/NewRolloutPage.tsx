import { Button, Group, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { EntityPicker } from "@/components/EntityPicker";
import { Failure } from "@/components/Failure";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { keyFromName } from "@/lib/entityKey";
import { pagePath, useSearchState } from "@/lib/url";
import { draftOf, guardDocuments, incompleteGuards, newPlan, planDocument, proposedKey, proposedName } from "../draft";
import { GuardFields } from "../parts/GuardFields";
import { PlanFields } from "../parts/PlanFields";
import classes from "../parts/rollouts.module.css";
import { targetQuery, templatesQuery, useRolloutWrites } from "../queries";

const schema = z.object({ flag: z.string().default("") });
const DEFAULT_TARGET = "$default";

export default function NewRolloutPage() {
  const { project, environment } = usePlace();
  const navigate = useNavigate();
  const writes = useRolloutWrites(project.key, environment.key);
  const [{ flag }, setSearch] = useSearchState(schema);
  const target = useQuery(targetQuery(project.key, environment.key, flag)).data;
  const templates = useQuery(templatesQuery(project.key)).data ?? [];
  const [typedName, setName] = useState<string | null>(null);
  const [typedKey, setKey] = useState<string | null>(null);
  const [description, setDescription] = useState("");
  const [rule, setRule] = useState(DEFAULT_TARGET);
  const [chosen, setVariation] = useState<string | null>(null);
  const [template, setTemplate] = useState<string | null>(null);
  const [plan, setPlan] = useState(newPlan);
  const [guards, setGuards] = useState(draftOf({}, []).guards);
  const [alpha, setAlpha] = useState(0.05);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const variations = target?.definition.variations.map((each) => each.key) ?? [];
  const variation = chosen !== null && variations.includes(chosen) ? chosen : null;
  const name = typedName ?? proposedName(target?.definition, variation);
  const key = typedKey ?? (typedName === null ? proposedKey(flag, variation) : keyFromName(typedName));
  const rules = (target?.settings.rules ?? []).map((each, index) => ({
    value: String(each.id ?? index),
    label: `Rule ${index + 1}${typeof each.description === "string" && each.description !== "" ? `: ${each.description}` : ""}`,
  }));
  const incomplete =
    flag === ""
      ? "Choose a flag"
      : variation === null
        ? "Choose what is rolled out"
        : key === ""
          ? "It needs a key"
          : incompleteGuards(guards);

  const chooseTemplate = (next: string | null) => {
    setTemplate(next);
    const found = templates.find((each) => each.key === next);
    if (found === undefined) return;
    const draft = draftOf(found.plan, found.guards);
    setPlan(draft.plan);
    setGuards(draft.guards);
    setAlpha(found.alpha);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (incomplete !== "" || variation === null) return;
    setBusy(true);
    setProblem(null);
    try {
      const made = await writes.create({
        key,
        name: name.trim() || key,
        description,
        flag,
        variation,
        ...(rule === DEFAULT_TARGET ? {} : { rule }),
        plan: planDocument(plan),
        guards: guardDocuments(guards),
        alpha,
      });
      announce(made, { what: `Created the rollout ${made.data.name}` });
      void navigate({ to: pagePath(project.key, "rollouts", made.data.key) });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <PageHeader
        back={{ label: "Rollouts", to: pagePath(project.key, "rollouts") }}
        title="New rollout"
        subtitle={`In ${environment.name}. It serves nobody anything else before you start it.`}
      />
      <form onSubmit={(event) => void submit(event)} className={classes.form} noValidate>
        <Refusals problem={problem}>
          <Stack gap="md">
            <Card title="What is rolled out">
              <div className={classes.fields}>
                <EntityPicker
                  kind="flag"
                  label="Flag"
                  data-path="flag"
                  required
                  value={flag === "" ? null : flag}
                  onChange={(next) => setSearch({ flag: next ?? "" })}
                />
                <Select
                  label="Variation"
                  data-path="variation"
                  required
                  placeholder={flag === "" ? "Choose a flag first" : "Choose a variation"}
                  data={variations}
                  value={variation}
                  onChange={setVariation}
                  disabled={target === undefined}
                />
                <Select
                  label="Whose share moves"
                  data-path="rule"
                  data={[{ value: DEFAULT_TARGET, label: "The default" }, ...rules]}
                  allowDeselect={false}
                  value={rule}
                  onChange={(next) => setRule(next ?? DEFAULT_TARGET)}
                  disabled={target === undefined}
                />
              </div>
              <div className={classes.fields}>
                <TextInput
                  label="Name"
                  data-path="name"
                  maxLength={200}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <TextInput
                  label="Key"
                  data-path="key"
                  description="Names it in addresses, for good"
                  required
                  value={key}
                  onChange={(event) => setKey(event.currentTarget.value)}
                />
                <Textarea
                  label="Description"
                  data-path="description"
                  autosize
                  value={description}
                  onChange={(event) => setDescription(event.currentTarget.value)}
                />
              </div>
            </Card>
            <Card
              title="Steps"
              actions={
                templates.length > 0 && (
                  <Select
                    aria-label="Begin with a template"
                    placeholder="Begin with a template"
                    clearable
                    data={templates.map((each) => ({ value: each.key, label: each.name }))}
                    value={template}
                    onChange={chooseTemplate}
                  />
                )
              }
            >
              <PlanFields value={plan} onChange={setPlan} />
            </Card>
            <Card
              title="Guards"
              subtitle="Units with the new variation are compared with the others at the same time, at each look."
            >
              <GuardFields value={guards} onChange={setGuards} />
              {guards.length > 0 && (
                <NumberInput
                  mt="sm"
                  maw={260}
                  label="Error rate"
                  data-path="alpha"
                  description="Of the whole rollout, over all guards and looks"
                  min={0.001}
                  max={0.5}
                  step={0.01}
                  value={alpha}
                  onChange={(next) => setAlpha(Number(next) || 0.05)}
                />
              )}
            </Card>
            {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
            <Group>
              <Guarded right="rollout:manage" environment={environment.key}>
                {(props) => (
                  <Button
                    type="submit"
                    loading={busy}
                    {...(incomplete === "" ? {} : { "aria-disabled": true, "data-disabled": true, title: incomplete })}
                    {...props}
                  >
                    Create the rollout
                  </Button>
                )}
              </Guarded>
            </Group>
          </Stack>
        </Refusals>
      </form>
    </>
  );
}

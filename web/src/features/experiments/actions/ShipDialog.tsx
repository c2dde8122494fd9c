import { Radio, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { Review } from "@/components/Review";
import { ExperimentChoices } from "@/components/reviewing/ExperimentChoices";
import { Impact } from "@/components/reviewing/Impact";
import { choicesOf, disturbedBy } from "@/components/reviewing/problems";
import { previewQuery } from "@/components/reviewing/queries";
import { typedName } from "@/components/reviewing/typed-name";
import { differenceInWords } from "@/lib/rules";
import { type Experiment, type OnExperiments, useActions } from "../queries";
import { useApproval } from "./use-approval";

interface Props {
  experiment: Experiment;
  variation: string;
  /** What the decision says, where it is not to ship. */
  against: string | null;
  /** What the experiment has come to, as the decision says it. */
  conclusion: string;
  opened: boolean;
  onClose: () => void;
}

/** The experiment ends, and its flag serves one variation: one write, rehearsed first. */
export function ShipDialog({ experiment, variation, against, conclusion, opened, onClose }: Props) {
  const { project, environments } = usePlace();
  const [rules, setRules] = useState<"keep" | "drop">("keep");
  const [onExperiments, setOnExperiments] = useState<OnExperiments | undefined>();
  const actions = useActions(project.key, experiment.key);
  const rehearsal = useQuery({
    queryKey: ["experiments", project.key, experiment.key, "shipping", variation, rules, experiment.version],
    queryFn: () => actions.rehearseShipping({ variation, rules }),
    enabled: opened,
    retry: false,
  });
  const environment = environments.find((each) => each.key === experiment.environment);
  const shipped = rehearsal.data;
  const problem = rehearsal.error === null ? null : asProblem(rehearsal.error);
  const waits = problem?.code === "approval_required";
  const approval = useApproval(project.key, waits);
  const affected = problem?.code === "experiment_affected" ? problem : approval.affected;

  const edit = {
    entity: isOnConfig(shipped?.before, problem) ? ("config_settings" as const) : ("flag_settings" as const),
    key: experiment.flag,
    environment: experiment.environment,
    action: "ship" as const,
    document: { experiment: experiment.key, variation, rules },
  };
  const mayPropose = useRight("change:propose", experiment.environment).allowed;
  const preview = useQuery({
    ...previewQuery(project.key, experiment.environment, [edit]),
    enabled: opened && mayPropose && !rehearsal.isPending,
  });

  const submit = async ({ reason }: { reason: string }) => {
    const written = await approval.orRequest(
      () => actions.ship({ variation, rules }, { version: experiment.version, reason, onExperiments }),
      { title: `Ship ${variation} of ${experiment.name}`, edits: [edit], reason },
    );
    if (written) announce(written, { what: `Shipped ${variation} of ${experiment.name} in ${experiment.environment}` });
  };

  return (
    <Review
      opened={opened}
      onClose={onClose}
      title={`Ship ${variation} in ${experiment.environment}`}
      words={[
        ...(experiment.status === "stopped" ? [] : ["The experiment stops for good; its results stay."]),
        `${experiment.flag} serves ${variation} to ${rules === "drop" ? "everybody" : "whomever no rule names"} in ${experiment.environment}.`,
        ...(shipped
          ? differenceInWords(shipped.before, shipped.after)
          : (preview.data?.edits.flatMap((each) => each.difference.words) ?? [])),
      ]}
      before={shipped?.before}
      after={shipped?.after}
      warnings={[
        ...(against === null ? [] : [`The decision is another one. ${against}`]),
        ...(shipped?.warnings.map((each) => each.detail) ?? []),
      ]}
      impact={
        problem !== null && !waits && affected === null ? (
          <Failure problem={problem} />
        ) : (
          mayPropose && <Impact preview={preview.data} error={preview.error} waiting={preview.isFetching} />
        )
      }
      choices={
        <Stack gap="sm">
          <Radio.Group
            label={`Rules of ${experiment.flag} in ${experiment.environment}`}
            value={rules}
            onChange={(value) => setRules(value === "drop" ? "drop" : "keep")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label="Keep them: whom a rule names goes on getting what it says" />
              <Radio value="drop" label={`Drop them: everybody gets ${variation}`} />
            </Stack>
          </Radio.Group>
          {affected !== null && (
            <ExperimentChoices
              experiments={disturbedBy(affected)}
              choices={choicesOf(affected)}
              value={onExperiments ?? null}
              onChange={setOnExperiments}
            />
          )}
        </Stack>
      }
      {...(experiment.status === "stopped" ? {} : { conclusion })}
      reasonDemanded={environment?.reason_required === true || onExperiments === "accept"}
      mode={approval.needed ? "request" : "save"}
      {...(environment === undefined || approval.needed ? {} : typedName(environment, preview.data))}
      confirm={approval.needed ? "Request approval" : `Ship ${variation}`}
      onSubmit={submit}
    />
  );
}

/** By what it serves now; where that waits for an approval, by the edit that the refusal names. */
function isOnConfig(settings: Readonly<Record<string, unknown>> | undefined, problem: Problem | null): boolean {
  if (settings !== undefined) return "overrides" in settings && !("rules" in settings);
  const edit = problem?.body.edit;
  return typeof edit === "object" && edit !== null && "entity" in edit && edit.entity === "config_settings";
}

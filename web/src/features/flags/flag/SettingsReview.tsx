import { Radio, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Environment } from "@/api/place";
import { asProblem, type FieldProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Review } from "@/components/Review";
import { flagChanged } from "../changed";
import { Impact } from "./Impact";
import { ownPaths } from "./model";
import { type At, changeSettings, type OnExperiments, policyQuery, propose, type SettingsPatch, undo } from "./queries";
import { settingsEdit, usePreview } from "./use-preview";

/** From this share of the recent units on, the name of a protected environment is typed. */
const MUCH_PERCENT = 5;

interface Props {
  readonly at: At;
  readonly environment: Environment;
  readonly version: number;
  readonly patch: SettingsPatch;
  readonly words: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly title: string;
  /** In the past, for the announcement. */
  readonly done: string;
  readonly onClose: () => void;
  readonly onSaved: () => void;
  /** What was refused, by the path of its control. */
  readonly onRefused: (fields: readonly FieldProblem[], problem: Problem) => void;
}

/** The last look before settings are written: saved, or asked for where others have to agree. */
export function SettingsReview(props: Props) {
  const { at, environment, version, patch, words, title, done } = props;
  const client = useQueryClient();
  const policy = useQuery(policyQuery(at.project, at.environment)).data;
  const { preview, error, waiting } = usePreview(at, patch);
  const [mustAsk, setMustAsk] = useState(false);
  const [affected, setAffected] = useState<readonly string[]>([]);
  const [choice, setChoice] = useState<OnExperiments | null>(null);
  const experiments = affected.length > 0 ? affected : (preview?.disturbed_experiments ?? []);
  const mode = mustAsk || (policy?.required === true && preview?.status !== "unchanged") ? "request" : "save";
  const moved = preview?.impact?.changed_share?.percent ?? 0;
  const typed = environment.protected && mode === "save" && moved > MUCH_PERCENT ? { typedName: environment.name } : {};
  const body: SettingsPatch = choice === null ? patch : { ...patch, on_experiments: choice };

  const save = async (reason: string) => {
    const written = await changeSettings(at, version, body, reason);
    announce(written, {
      what: done,
      undo: async () => {
        await undo("flag_settings", at, written.data.version);
        await flagChanged(client, at.project, at.key);
      },
    });
  };
  const request = async (reason: string) => {
    const written = await propose(at.project, title, reason, [{ ...settingsEdit(at, body), base_version: version }]);
    announce(null, { what: `Asked for approval: change request ${written.data.number}` });
  };
  const submit = async ({ reason }: { readonly reason: string }) => {
    try {
      await (mode === "request" ? request(reason) : save(reason));
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "approval_required") setMustAsk(true);
      if (problem.code === "experiment_affected") setAffected(experimentsOf(problem));
      const fields =
        problem.status === 422 ? ownPaths(problem.fields).filter((each) => !each.field.startsWith("X-")) : [];
      if (fields.length > 0 || problem.status === 412) {
        props.onRefused(fields, problem);
        return;
      }
      throw thrown;
    }
    await flagChanged(client, at.project, at.key);
    props.onSaved();
  };

  return (
    <Review
      opened
      onClose={props.onClose}
      words={words}
      before={props.before}
      after={props.after}
      impact={<Impact preview={preview} error={error} waiting={waiting} />}
      reasonDemanded={environment.reason_required || choice === "accept"}
      mode={mode}
      {...typed}
      {...(experiments.length > 0
        ? { choices: <Choices experiments={experiments} value={choice} onChange={setChoice} /> }
        : {})}
      onSubmit={submit}
    />
  );
}

function experimentsOf(problem: Problem): string[] {
  const { experiments } = problem.body;
  if (!Array.isArray(experiments)) return [];
  return experiments.map((each: unknown) =>
    typeof each === "object" && each !== null && "experiment" in each
      ? String(each.experiment)
      : typeof each === "object" && each !== null && "key" in each
        ? String(each.key)
        : String(each),
  );
}

interface ChoicesProps {
  readonly experiments: readonly string[];
  readonly value: OnExperiments | null;
  readonly onChange: (value: OnExperiments) => void;
}

/** What becomes of running experiments that a change disturbs. */
export function Choices({ experiments, value, onChange }: ChoicesProps) {
  const choose = (chosen: string) => {
    if (chosen === "new_phase" || chosen === "stop" || chosen === "accept") onChange(chosen);
  };
  return (
    <Radio.Group
      label={`This changes who gets what in ${experiments.join(", ")}`}
      value={value ?? ""}
      onChange={choose}
      required
    >
      <Stack gap="xs" mt="xs">
        <Radio
          value="new_phase"
          label="Begin a new phase"
          description="Units are drawn anew, and exposures count from now on. Results so far stay."
        />
        <Radio value="stop" label="Stop them" description="They end with this change." />
        <Radio
          value="accept"
          label="Go on all the same"
          description="Results are marked as disturbed from here on. Asks for a reason."
        />
      </Stack>
    </Radio.Group>
  );
}

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { asProblem, type FieldProblem, type Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "../announce";
import { Review } from "../Review";
import { ExperimentChoices } from "./ExperimentChoices";
import { Impact } from "./Impact";
import { type Edit, type ExperimentChoice, policyQuery, previewQuery, propose } from "./queries";

/** From this share of the recent units on, the name of a protected environment is typed. */
const MUCH_PERCENT = 5;

export interface Given {
  readonly reason: string;
  readonly choice: ExperimentChoice | null;
}

interface Props {
  readonly title: string;
  /** The write as a change request takes it. */
  readonly edit: Edit;
  /** Where its impact is counted, and whose rules hold. */
  readonly environment: Environment;
  readonly words: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  /** In the past, for the announcement. */
  readonly done: string;
  readonly confirm?: string;
  /** What it touches besides, told above the impact. */
  readonly touches?: ReactNode;
  readonly save: (given: Given) => Promise<Parameters<typeof announce>[0]>;
  readonly undo?: () => Promise<unknown>;
  readonly onClose: () => void;
  /** After it was saved, or asked for. */
  readonly onDone: () => void | Promise<void>;
  /** What was refused, by the paths of controls; without it, and where there are none, the review shows it. */
  readonly onRefused?: (fields: readonly FieldProblem[], problem: Problem) => void;
}

/** The last look before one write: saved, or asked for where others have to agree. */
export function EditReview(props: Props) {
  const { title, edit, environment, done, save, undo } = props;
  const { project } = usePlace();
  const mayPropose = useRight("change:propose", environment.key).allowed;
  const policy = useQuery(policyQuery(project.key, environment.key)).data;
  const preview = useQuery({ ...previewQuery(project.key, environment.key, [edit]), enabled: mayPropose });
  const [mustAsk, setMustAsk] = useState(false);
  const [affected, setAffected] = useState<readonly string[]>([]);
  const [choice, setChoice] = useState<ExperimentChoice | null>(null);

  const told = preview.data;
  const experiments = affected.length > 0 ? affected : (told?.disturbed_experiments ?? []);
  const asks = mustAsk || (policy?.required === true && told !== undefined && told.status !== "unchanged");
  const moved = told?.impact?.changed_share?.percent ?? 0;
  const typed = environment.protected && !asks && moved > MUCH_PERCENT ? { typedName: environment.name } : {};

  const request = async (reason: string) => {
    const document = choice === null ? edit.document : { ...edit.document, on_experiments: choice };
    const written = await propose(project.key, title, reason, [{ ...edit, ...(document ? { document } : {}) }]);
    announce(null, { what: `Asked for approval: change request ${written.data.number}` });
  };
  const submit = async ({ reason }: { readonly reason: string }) => {
    try {
      if (asks) await request(reason);
      else announce(await save({ reason, choice }), { what: done, ...(undo === undefined ? {} : { undo }) });
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "approval_required") setMustAsk(true);
      if (problem.code === "experiment_affected") setAffected(experimentsOf(problem));
      const fields = problem.fields.filter((each) => !each.field.startsWith("X-"));
      if (props.onRefused !== undefined && (problem.status === 412 || (problem.status === 422 && fields.length > 0))) {
        props.onRefused(fields, problem);
        return;
      }
      throw thrown;
    }
    await props.onDone();
  };

  return (
    <Review
      opened
      onClose={props.onClose}
      title={title}
      words={props.words}
      before={props.before}
      after={props.after}
      impact={
        <>
          {props.touches}
          {mayPropose && (
            <Impact preview={told} error={preview.error} waiting={preview.isFetching} environment={environment.name} />
          )}
        </>
      }
      reasonDemanded={environment.reason_required || choice === "accept"}
      mode={asks ? "request" : "save"}
      {...typed}
      {...(props.confirm !== undefined && !asks ? { confirm: props.confirm } : {})}
      {...(experiments.length > 0
        ? { choices: <ExperimentChoices experiments={experiments} value={choice} onChange={setChoice} /> }
        : {})}
      onSubmit={submit}
    />
  );
}

function experimentsOf(problem: Problem): string[] {
  const { experiments } = problem.body;
  if (!Array.isArray(experiments)) return [];
  return experiments.flatMap((each: unknown) =>
    typeof each === "object" && each !== null && "key" in each ? [String(each.key)] : [],
  );
}

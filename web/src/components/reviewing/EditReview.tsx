import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Written } from "@/api/clients";
import { type Environment, usePlace } from "@/api/place";
import { asProblem, type FieldProblem, type Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce, announceRequest } from "../announce";
import type { Subject } from "../history/queries";
import { undoOf } from "../history/undo";
import { Review } from "../Review";
import type { Outcome } from "./acts";
import { ExperimentChoices } from "./ExperimentChoices";
import { Impact } from "./Impact";
import { choicesOf, disturbedBy, ownPaths } from "./problems";
import { type Edit, type ExperimentChoice, policyQuery, previewQuery, propose } from "./queries";
import { typedName } from "./typed-name";

export interface Given {
  readonly reason: string;
  readonly choice: ExperimentChoice | null;
}

/** What a write answers; a deletion has no version. */
interface Saved {
  readonly version?: number;
  readonly environment_versions?: Readonly<Record<string, number>>;
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
  /** What trying it has shown, where it was tried. */
  readonly tried?: Pick<Outcome<unknown>, "refusal" | "mustAsk" | "needsReason">;
  /** What it touches besides, told above the impact. */
  readonly touches?: ReactNode;
  readonly save: (given: Given) => Promise<Written<Saved>>;
  /** What is undone by its history; null where nothing can be. */
  readonly subject: Subject | null;
  /** Reads what was written; after an undo, too. */
  readonly refresh: () => Promise<unknown>;
  readonly onClose: () => void;
  /** It was saved as this version. */
  readonly onSaved?: (version: number) => void;
  /** It was saved; before anything is read anew. */
  readonly onDone?: () => Promise<unknown>;
  /** It was asked for; without it as when it is closed. */
  readonly onAsked?: () => void;
  /** What was refused, by the paths of controls; without it, and where there are none, the review shows it. */
  readonly onRefused?: (fields: readonly FieldProblem[], problem: Problem) => void;
}

/** The last look before one write: saved, or asked for where others have to agree. */
export function EditReview(props: Props) {
  const { title, edit, environment, subject, tried } = props;
  const client = useQueryClient();
  const { project } = usePlace();
  const mayPropose = useRight("change:propose", environment.key).allowed;
  const policy = useQuery(policyQuery(project.key, environment.key)).data;
  const preview = useQuery({ ...previewQuery(project.key, environment.key, [edit]), enabled: mayPropose });
  const [refusedOnce, setRefusedOnce] = useState(false);
  const [affected, setAffected] = useState<Problem | null>(null);
  const [choice, setChoice] = useState<ExperimentChoice | null>(null);

  const told = preview.data;
  const experiments = affected === null ? (told?.disturbed_experiments ?? []) : disturbedBy(affected);
  const mustAsk = refusedOnce || tried?.mustAsk === true;
  const asks = mustAsk || (policy?.required === true && told !== undefined && told.status !== "unchanged");
  const global = edit.environment === undefined || edit.environment === null;

  const refresh = async () => {
    await Promise.all([props.refresh(), client.invalidateQueries({ queryKey: ["history", project.key] })]);
  };
  const request = async (reason: string) => {
    const document = choice === null ? edit.document : { ...edit.document, on_experiments: choice };
    const asked = { ...edit, ...(document ? { document } : {}) };
    const written = await propose(project.key, title.slice(0, TITLE_MAX), reason, [asked]);
    announceRequest(written.data.number);
    (props.onAsked ?? props.onClose)();
  };
  const save = async (given: Given) => {
    const written = await props.save(given);
    announce(written, { what: props.done, ...(subject === null ? {} : { undo: undoOf(subject, written, refresh) }) });
    if (written.data.version !== undefined) props.onSaved?.(written.data.version);
    await props.onDone?.();
  };
  const submit = async ({ reason }: { readonly reason: string }) => {
    try {
      await (asks ? request(reason) : save({ reason, choice }));
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "approval_required") setRefusedOnce(true);
      if (problem.code === "experiment_affected") setAffected(problem);
      const fields = ownPaths(problem.fields).filter((each) => !each.field.startsWith("X-"));
      if (props.onRefused !== undefined && (problem.status === 412 || (problem.status === 422 && fields.length > 0))) {
        props.onRefused(fields, problem);
        return;
      }
      throw thrown;
    }
    await refresh();
  };

  return (
    <Review
      opened
      onClose={props.onClose}
      // An act has its own name; what a page saves is reviewed.
      {...(props.confirm === undefined ? {} : { title })}
      words={props.words}
      before={props.before}
      after={props.after}
      impact={
        <>
          {props.touches}
          {mayPropose && (
            <Impact
              preview={told}
              error={preview.error}
              waiting={preview.isFetching}
              {...(global ? { environment: environment.name } : {})}
            />
          )}
        </>
      }
      reasonDemanded={environment.reason_required || tried?.needsReason === true || choice === "accept"}
      mode={asks ? "request" : "save"}
      blocked={tried !== undefined && tried.refusal !== null}
      {...(asks ? {} : typedName(environment, told))}
      {...(props.confirm !== undefined && !asks ? { confirm: props.confirm } : {})}
      {...(experiments.length > 0 || affected !== null
        ? {
            choices: (
              <ExperimentChoices
                experiments={experiments}
                {...(affected === null ? {} : { choices: choicesOf(affected) })}
                value={choice}
                onChange={setChoice}
              />
            ),
          }
        : {})}
      onSubmit={submit}
    />
  );
}

/** Of a change request. */
const TITLE_MAX = 200;

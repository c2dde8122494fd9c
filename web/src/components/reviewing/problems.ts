import type { FieldProblem, Problem } from "@/api/problem";
import type { ExperimentChoice } from "./queries";

/** A refusal of an edit, told as one of what is edited: `edits[0].document.rules[0].if` is `rules[0].if`. */
export function ownPaths<T extends Pick<FieldProblem, "field">>(fields: readonly T[]): T[] {
  return fields.map((each) => ({ ...each, field: each.field.replace(/^edits\[0\]\.document\.?/, "") }));
}

/** The running experiments that a write was refused for. */
export function disturbedBy(problem: Problem): string[] {
  const { experiments } = problem.body;
  if (!Array.isArray(experiments)) return [];
  return experiments.flatMap((each: unknown) =>
    typeof each === "object" && each !== null && "key" in each ? [String(each.key)] : [],
  );
}

const CHOICES: readonly ExperimentChoice[] = ["new_phase", "stop", "accept"];

/** What may be done with them; everything, where the refusal doesn't say. */
export function choicesOf(problem: Problem): ExperimentChoice[] {
  const { choices } = problem.body;
  return CHOICES.filter((each) => !Array.isArray(choices) || choices.includes(each));
}

import type { FieldProblem, Problem } from "@/api/problem";

/** What of a form was refused. That a key is taken is a conflict and no field's refusal, and yet it is the key that has to be
 * another one. */
export function fieldsOf(problem: Problem): readonly FieldProblem[] {
  if (problem.fields.length > 0 || problem.code !== "already_exists") return problem.fields;
  return [{ field: "key", code: problem.code, message: problem.detail || problem.title }];
}

/** Whether the form says all of it, field by field. */
export const saidByForm = (problem: Problem | null): boolean => problem !== null && fieldsOf(problem).length > 0;

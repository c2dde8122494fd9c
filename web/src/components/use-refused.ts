import { useState } from "react";
import type { FieldProblem, Problem } from "@/api/problem";

/** Why a save was refused: as a whole, and field by field. */
export interface Refusal {
  readonly fields: readonly FieldProblem[];
  readonly problem: Problem | null;
}

interface Refused extends Refusal {
  readonly refuse: (fields: readonly FieldProblem[], problem: Problem) => void;
}

const NOTHING: Refusal = { fields: [], problem: null };

/** What a save of this draft was refused for. It says nothing of any other draft, so the first change takes it away. */
export function useRefused(draft: unknown): Refused {
  const [held, setHeld] = useState<{ readonly draft: unknown; readonly refusal: Refusal } | null>(null);
  const { fields, problem } = held !== null && held.draft === draft ? held.refusal : NOTHING;
  return { fields, problem, refuse: (fields, problem) => setHeld({ draft, refusal: { fields, problem } }) };
}

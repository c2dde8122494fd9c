import { createContext, use } from "react";
import type { Condition, Hint, SeenAttribute } from "@/lib/rules";

/** A refusal of the API: `field` is the path of the control. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface Editing {
  readonly attributes: readonly SeenAttribute[];
  readonly segments: readonly string[];
  readonly errors: readonly FieldError[];
  readonly hints: readonly Hint[];
  readonly readOnly: boolean;
  /** Another part at a place; null takes it away. `focus` is the path of the control that goes on. */
  readonly replace: (place: readonly (number | "not")[], part: Condition | null, focus?: string) => void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = use(EditingContext);
  if (editing === null) throw new Error("outside of a ConditionEditor");
  return editing;
}

/** What was refused at a path or in an element of the list there. */
export function errorAt(errors: readonly FieldError[], path: string): string | null {
  const found = errors.find((each) => each.field === path || each.field.startsWith(`${path}[`));
  return found === undefined ? null : found.message;
}

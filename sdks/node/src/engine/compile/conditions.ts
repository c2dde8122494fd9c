/** Conditions as closures. */

import type { Json } from "../json.js";
import type { Comparison, Condition } from "../model.js";
import type { Test } from "../operators.js";
import type { Holds, Probe } from "./programs.js";

/** Whether a context is such that the condition holds; a probe is told each part under its path below `path`. */
export function compileCondition(condition: Condition, path: string, probe?: Probe): Holds {
  const holds = compilePlain(condition, path, probe);
  if (probe === undefined) return holds;
  return (context, run) => {
    const found = holds(context, run);
    probe(path, found);
    return found;
  };
}

function compilePlain(condition: Condition, path: string, probe?: Probe): Holds {
  switch (condition.form) {
    case "comparison":
      return compileComparison(condition);
    case "segment": {
      const { segment } = condition;
      return (context, run) => run.isMember(segment, context);
    }
    case "not": {
      const holds = compileCondition(condition.condition, `${path}.not`, probe);
      return (context, run) => !holds(context, run);
    }
    case "and":
    case "or": {
      const below = `${path}.${condition.form}`;
      const parts = condition.conditions.map((part, index) => compileCondition(part, `${below}[${index}]`, probe));
      return condition.form === "and" ? everyOf(parts) : anyOf(parts);
    }
  }
}

/** Most conditions are joined by twos; a loop costs as much again as what it calls. */
function everyOf(parts: readonly Holds[]): Holds {
  const [first, second, ...others] = parts;
  if (first === undefined || second === undefined) return first ?? (() => true);
  if (others.length === 0) return (context, run) => first(context, run) && second(context, run);
  return (context, run) => {
    for (let i = 0; i < parts.length; i++) {
      if (!parts[i]!(context, run)) return false;
    }
    return true;
  };
}

function anyOf(parts: readonly Holds[]): Holds {
  const [first, second, ...others] = parts;
  if (first === undefined || second === undefined) return first ?? (() => false);
  if (others.length === 0) return (context, run) => first(context, run) || second(context, run);
  return (context, run) => {
    for (let i = 0; i < parts.length; i++) {
      if (parts[i]!(context, run)) return true;
    }
    return false;
  };
}

function compileComparison({ operator, read, test }: Comparison): Holds {
  if (operator.presence !== undefined) {
    const wanted = operator.presence;
    return (context) => {
      const value = read(context);
      return (value !== undefined && value !== null) === wanted;
    };
  }
  const negated = operator.negated === true;
  return (context) => {
    const value = read(context);
    if (value === undefined || value === null) return false;
    return (typeof value === "object" && Array.isArray(value) ? anyElement(value, test) : test(value)) !== negated;
  };
}

/** A null element never matches, nor does a list or an object. */
function anyElement(elements: readonly Json[], test: Test): boolean {
  for (const element of elements) {
    if (element !== null && element !== undefined && typeof element !== "object" && test(element)) return true;
  }
  return false;
}

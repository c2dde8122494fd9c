import { isRecord } from "@/lib/json";

export interface Assigned {
  readonly unit: string;
  readonly variation: string | null;
  readonly inExperiment: boolean;
  /** Why, in the words of the last step that decided. */
  readonly reason: string;
}

interface Explained {
  readonly decision: Readonly<Record<string, unknown>>;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
}

export const UNITS_MAX = 50;

/** One context per line: a targeting key, or a JSON object with attributes. */
export function contextsOf(text: string): { contexts: Record<string, unknown>[]; wrong: string[] } {
  const contexts: Record<string, unknown>[] = [];
  const wrong: string[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "") continue;
    if (!line.startsWith("{")) {
      contexts.push({ targetingKey: line });
      continue;
    }
    const found = objectIn(line);
    if (found === null) wrong.push(line);
    else contexts.push(found);
  }
  return { contexts: contexts.slice(0, UNITS_MAX), wrong };
}

export function assignedOf(
  answer: Explained,
  experiment: string,
  context: Readonly<Record<string, unknown>>,
): Assigned {
  const { decision, steps } = answer;
  const experiments = Array.isArray(decision.experiments) ? decision.experiments : [];
  const inside = experiments.some((each: unknown) => isRecord(each) && each.key === experiment);
  const own = steps.findLast((each) => each.step === "experiment" && each.experiment === experiment);
  return {
    unit: String(context.targetingKey ?? JSON.stringify(context)),
    variation: typeof decision.variation === "string" ? decision.variation : null,
    inExperiment: inside,
    reason: String(own?.result ?? decision.reason ?? ""),
  };
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return isRecord(found) ? found : null;
  } catch {
    return null;
  }
}

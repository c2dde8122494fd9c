/** What needs a flag, a line for each with all environments where it does. */

import { listed } from "@/lib/format";

interface Dependent {
  readonly kind: string;
  readonly key: string;
  readonly environment: string | null;
  readonly active: boolean;
}

export interface Dependant {
  readonly kind: string;
  readonly key: string;
  readonly environments: readonly string[];
  /** "rollout, in production". */
  readonly words: string;
}

const KINDS: Readonly<Record<string, string>> = {
  flag: "flag that has it as a prerequisite",
};

export function dependantsOf(used: readonly Dependent[]): Dependant[] {
  const groups = new Map<string, Dependent[]>();
  for (const each of used) {
    const name = JSON.stringify([each.kind, each.key]);
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const environments = all.flatMap((each) => (each.environment === null ? [] : [each.environment]));
    const where = environments.length === 0 ? "" : `, in ${listed(environments)}`;
    const rests = all.some((each) => each.active) ? "" : "; not evaluated now";
    const words = `${KINDS[first.kind] ?? first.kind}${where}${rests}`;
    return [{ kind: first.kind, key: first.key, environments, words }];
  });
}

/** Which columns a person sees; kept in the browser, since it is about a screen. */

export const OPTIONAL_COLUMNS = [
  { id: "usage", label: "Usage, 7 days" },
  { id: "lifecycle", label: "Lifecycle" },
  { id: "experiment", label: "Experiment" },
  { id: "tags", label: "Tags" },
  { id: "owner", label: "Owner" },
  { id: "purpose", label: "Purpose" },
  { id: "type", label: "Type" },
  { id: "changed", label: "Changed" },
] as const;

export type OptionalColumn = (typeof OPTIONAL_COLUMNS)[number]["id"];

export interface Columns {
  environments: string[];
  shown: OptionalColumn[];
}

const ENVIRONMENTS_AT_FIRST = 3;
const AT_FIRST: OptionalColumn[] = ["usage", "lifecycle", "tags", "owner"];

interface Known {
  readonly key: string;
}

/** What was kept, as far as it is still there; else the last environments, in which users are. */
export function columnsFrom(kept: unknown, environments: readonly Known[]): Columns {
  const keys = environments.map((each) => each.key);
  const held: Record<string, unknown> = typeof kept === "object" && kept !== null ? { ...kept } : {};
  const chosen = Array.isArray(held.environments) ? keys.filter((each) => listed(held.environments, each)) : [];
  const shown = Array.isArray(held.shown)
    ? OPTIONAL_COLUMNS.map((each) => each.id).filter((each) => listed(held.shown, each))
    : AT_FIRST;
  return { environments: chosen.length > 0 ? chosen : keys.slice(-ENVIRONMENTS_AT_FIRST), shown };
}

function listed(list: unknown, name: string): boolean {
  return Array.isArray(list) && list.includes(name);
}

/** With one more, or without it; in the order in which all of them stand. */
export function toggled<T extends string>(chosen: readonly T[], one: T, all: readonly T[]): T[] {
  return all.filter((each) => (each === one ? !chosen.includes(each) : chosen.includes(each)));
}

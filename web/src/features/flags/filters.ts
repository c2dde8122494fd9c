/** What the list of flags is narrowed down to: in the address, as the API asks for it, and in words. */

// The part of zod without methods: the list of flags is among what is read first.
import * as z from "zod/mini";
import { LIFECYCLES } from "@/lib/lifecycle";

export const TYPES = ["boolean", "string", "integer", "number", "object"] as const;
export const PURPOSES = ["release", "experiment", "operational", "permission"] as const;
export const SORTS = [
  "key",
  "-key",
  "name",
  "-name",
  "created_at",
  "-created_at",
  "updated_at",
  "-updated_at",
] as const;
const CHANGED = ["1d", "7d", "30d", "90d"] as const;

export const flagSearch = z.object({
  q: z._default(z.string().check(z.maxLength(200)), ""),
  state: z.optional(z.enum(["on", "off"])),
  /** Where `state` looks; without it in the environment of the page. */
  in: z.optional(z.string()),
  type: z.optional(z.enum(TYPES)),
  tag: z.optional(z.string()),
  owner: z.optional(z.string()),
  purpose: z.optional(z.enum(PURPOSES)),
  lifecycle: z.optional(z.enum(LIFECYCLES)),
  experiment: z.optional(z.enum(["true", "false"])),
  changed: z.optional(z.enum(CHANGED)),
  archived: z.optional(z.enum(["true", "only"])),
  sort: z._default(z.enum(SORTS), "key"),
});

export type FlagSearch = z.output<typeof flagSearch>;

const DAY = 86_400_000;

/** A day is cut to its hour, so that the same filter is the same request for a while. */
export function changedSince(changed: FlagSearch["changed"], now: Date): string | undefined {
  if (changed === undefined) return undefined;
  const hour = Math.floor(now.getTime() / 3_600_000) * 3_600_000;
  return new Date(hour - Number.parseInt(changed, 10) * DAY).toISOString();
}

export interface FlagListParameters {
  q?: string;
  state?: "on" | "off";
  environment?: string;
  type?: (typeof TYPES)[number];
  tag?: string;
  owner?: string;
  purpose?: (typeof PURPOSES)[number];
  lifecycle?: (typeof LIFECYCLES)[number];
  experiment?: boolean;
  changed_since?: string;
  archived?: "true" | "only";
  sort: FlagSearch["sort"];
}

/** As the list of flags takes it. An environment is named only where something looks into it. */
export function listParameters(search: FlagSearch, environment: string, now: Date): FlagListParameters {
  const since = changedSince(search.changed, now);
  return {
    sort: search.sort,
    ...(search.q.trim() === "" ? {} : { q: search.q.trim() }),
    ...(search.state === undefined ? {} : { state: search.state, environment: search.in ?? environment }),
    ...(search.lifecycle === undefined ? {} : { lifecycle: search.lifecycle, environment: search.in ?? environment }),
    ...(search.type === undefined ? {} : { type: search.type }),
    ...(search.tag === undefined ? {} : { tag: search.tag }),
    ...(search.owner === undefined ? {} : { owner: search.owner }),
    ...(search.purpose === undefined ? {} : { purpose: search.purpose }),
    ...(search.experiment === undefined ? {} : { experiment: search.experiment === "true" }),
    ...(since === undefined ? {} : { changed_since: since }),
    ...(search.archived === undefined ? {} : { archived: search.archived }),
  };
}

export function isNarrowed({ sort: _, ...filters }: FlagSearch): boolean {
  return Object.values(filters).some((each) => each !== undefined && each !== "");
}

export const NO_FILTER: Partial<FlagSearch> = {
  q: "",
  state: undefined,
  in: undefined,
  type: undefined,
  tag: undefined,
  owner: undefined,
  purpose: undefined,
  lifecycle: undefined,
  experiment: undefined,
  changed: undefined,
  archived: undefined,
};

/** A type or purpose as it stands alone. */

/** The address is the state of a page: what it shows, filtered and sorted how. */

import { useNavigate, useParams as useRouteParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type * as z from "zod/v4/core";

export type Search = Readonly<Record<string, string | readonly string[]>>;

/** `?a=1&b=x&b=y` as `{a: "1", b: ["x", "y"]}`: readable addresses, and nothing in them is JSON. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = result[name];
    if (known === undefined) result[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else result[name] = [known, value];
  }
  return result;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "") params.append(name, String(each));
    }
  }
  const text = params.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** An address as a router takes it. */
export function placeOf(address: string): { readonly to: string; readonly search: Record<string, string | string[]> } {
  const [to = "", text = ""] = address.split("?", 2);
  return { to, search: parseSearch(text) };
}

/** The address with the environment that is looked at, unless it names one. */
export function inEnvironment(address: string, environment: string | null): string {
  const { to, search } = placeOf(address);
  return to + stringifySearch(environment === null || "env" in search ? search : { ...search, env: environment });
}

/** `/p/{project}/{page}/{key}/{tab}`; the environment stays by itself. */
export function pagePath(project: string, page: string, key?: string, tab?: string): string {
  const parts = [
    "p",
    project,
    ...page.split("/"),
    ...(key === undefined ? [] : [key]),
    ...(tab === undefined ? [] : [tab]),
  ];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

export interface Params {
  /** Empty outside of a project. */
  readonly project: string;
  /** The environment that the address names. */
  readonly environment: string | null;
  /** Of the entity whose page this is; empty on a list. */
  readonly key: string;
  readonly tab: string | null;
  /** Every parameter of the route by its name. */
  readonly all: Readonly<Record<string, string>>;
}

export function useParams(): Params {
  const all: Readonly<Record<string, string>> = useRouteParams({ strict: false });
  const search: Search = useSearch({ strict: false });
  const environment = search.env;
  return useMemo(
    () => ({
      project: all.project ?? "",
      environment: typeof environment === "string" ? environment : null,
      key: all.key ?? "",
      tab: all.tab ?? null,
      all,
    }),
    [all, environment],
  );
}

/** Of zod, or of its part without methods. */
interface Fields extends z.$ZodObject {
  readonly shape: z.$ZodShape;
  parse(value: unknown): z.output<this>;
}
type Setter<State> = (change: Partial<State>, how?: { readonly push?: boolean }) => void;

/** A page's filters, sort and the like. What the address has wrong is left out, and defaults are not written into it.
 * A change replaces the entry of the browser's history, unless `push`. */
export function useSearchState<Schema extends Fields>(schema: Schema): [z.output<Schema>, Setter<z.output<Schema>>] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const state = useMemo(() => readSearch(schema, search), [schema, search]);
  const set = useCallback<Setter<z.output<Schema>>>(
    (change, how) => {
      void navigate({
        to: ".",
        search: ((before: Search) => writeSearch(schema, before, change)) as never,
        replace: how?.push !== true,
        resetScroll: false,
      });
    },
    [navigate, schema],
  );
  return [state, set];
}

export function readSearch<Schema extends Fields>(schema: Schema, search: Search): z.output<Schema> {
  const given: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const value = understood(field, search[name]);
    if (value !== undefined) given[name] = value;
  }
  return schema.parse(given);
}

export function writeSearch(schema: Fields, before: Search, change: Readonly<Record<string, unknown>>): Search {
  const defaults: Readonly<Record<string, unknown>> = schema.parse({});
  const after: Record<string, string | readonly string[]> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    const list = Array.isArray(value) ? value.map(String) : null;
    const empty = value === undefined || value === null || value === "" || list?.length === 0;
    if (empty || JSON.stringify(value) === JSON.stringify(defaults[name])) delete after[name];
    else after[name] = list ?? String(value);
  }
  return after;
}

type Field = { safeParse(value: unknown): { success: boolean } };

/** The reading of a text that a field takes: as it is, as a number or boolean, as a list. */
function understood(field: unknown, raw: string | readonly string[] | undefined): unknown {
  if (raw === undefined || !isField(field)) return undefined;
  const list = typeof raw === "string" ? [raw] : raw;
  const first = list[0] ?? "";
  const readings: unknown[] = [first];
  if (first === "true" || first === "false") readings.push(first === "true");
  if (first !== "" && Number.isFinite(Number(first))) readings.push(Number(first));
  readings.push([...list]);
  return (list.length > 1 ? readings.toReversed() : readings).find((each) => field.safeParse(each).success);
}

function isField(value: unknown): value is Field {
  return typeof value === "object" && value !== null && "safeParse" in value && typeof value.safeParse === "function";
}

/** An object without what is undefined, as a query's parameters want it. */
export function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

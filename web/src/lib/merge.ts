/** What becomes of a draft when what it was made from has changed meanwhile: my changes laid over theirs. Pure. */

import { isRecord, same } from "./json";

export type Side = "mine" | "theirs";

/** How a part of a document is merged where both have changed it; a whole is chosen. */
export type Part =
  | { readonly kind: "whole" }
  /** A list without order: what each has added or taken away. */
  | { readonly kind: "set" }
  /** An object, member by member, at any depth. */
  | { readonly kind: "members" }
  /** A list whose elements have a name of their own; those that nobody else can know yet have none. */
  | ListPart;

interface ListPart {
  readonly kind: "list";
  readonly identity: (element: unknown) => string | undefined;
  /** What a person calls the element. */
  readonly title: (element: unknown) => string;
}

export type Parts<T> = { readonly [K in keyof T]?: Part };

/** Something that both have changed, each in another way. */
export interface Conflict<T> {
  readonly path: string;
  readonly title: string;
  /** Null where it was taken away. */
  readonly mine: unknown;
  readonly theirs: unknown;
  readonly choose: (draft: T, side: Side) => T;
}

export interface Merged<T> {
  /** With theirs wherever there is a conflict. */
  readonly draft: T;
  readonly conflicts: readonly Conflict<T>[];
}

const WHOLE: Part = { kind: "whole" };
export const SET: Part = { kind: "set" };
export const MEMBERS: Part = { kind: "members" };

/** A list whose elements are told apart by a member of theirs. */
export function listBy(name: string, title?: (element: unknown) => string): Part {
  const identity = (element: unknown) => {
    const found = isRecord(element) ? element[name] : undefined;
    return typeof found === "string" && found !== "" ? found : undefined;
  };
  return { kind: "list", identity, title: title ?? ((element) => identity(element) ?? "a new one") };
}

export function merged<T extends object>(base: T, mine: T, theirs: T, parts: Parts<T>): Merged<T> {
  const conflicts: Conflict<T>[] = [];
  let draft = theirs;
  for (const name of namesOf(mine, theirs)) {
    const part = partOf(parts, name);
    const told = merge(at(base, name), at(mine, name), at(theirs, name), part, { path: name, title: spoken(name) });
    draft = { ...draft, [name]: told.value };
    for (const each of told.conflicts)
      conflicts.push({
        ...each,
        choose: (current, side) => ({ ...current, [name]: each.choose(at(current, name), side) }),
      });
  }
  return { draft, conflicts };
}

interface Place {
  readonly path: string;
  readonly title: string;
}
interface Told {
  readonly value: unknown;
  readonly conflicts: readonly Conflict<unknown>[];
}

function merge(base: unknown, mine: unknown, theirs: unknown, part: Part, place: Place): Told {
  if (same(base, mine)) return { value: theirs, conflicts: [] };
  if (same(base, theirs) || same(mine, theirs)) return { value: mine, conflicts: [] };
  if (Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs)) {
    if (part.kind === "set") return { value: mergedSet(base, mine, theirs), conflicts: [] };
    if (part.kind === "list") return mergedList(base, mine, theirs, part, place);
  }
  if (part.kind === "members" && isRecord(base) && isRecord(mine) && isRecord(theirs))
    return mergedMembers(base, mine, theirs, place);
  return { value: theirs, conflicts: [conflict(place, mine, theirs, (_, side) => (side === "mine" ? mine : theirs))] };
}

function conflict(place: Place, mine: unknown, theirs: unknown, choose: Conflict<unknown>["choose"]) {
  return { ...place, mine: mine ?? null, theirs: theirs ?? null, choose };
}

function mergedSet(base: readonly unknown[], mine: readonly unknown[], theirs: readonly unknown[]): unknown[] {
  const [was, own] = [new Set(base), new Set(mine)];
  const kept = theirs.filter((each) => own.has(each) || !was.has(each));
  const there = new Set(kept);
  return [...kept, ...mine.filter((each) => !was.has(each) && !there.has(each))];
}

type Members = Readonly<Record<string, unknown>>;

function mergedMembers(base: Members, mine: Members, theirs: Members, place: Place): Told {
  const conflicts: Conflict<unknown>[] = [];
  const entries = namesOf(theirs, mine).map((name) => {
    const here = { path: `${place.path}.${name}`, title: `${place.title}: ${name}` };
    const told = merge(at(base, name), at(mine, name), at(theirs, name), MEMBERS, here);
    for (const each of told.conflicts)
      conflicts.push({
        ...each,
        choose: (current, side) => withMember(current, name, each.choose(at(current, name), side)),
      });
    return [name, told.value] as const;
  });
  return { value: Object.fromEntries(entries.filter(([, value]) => value !== undefined)), conflicts };
}

function mergedList(
  base: readonly unknown[],
  mine: readonly unknown[],
  theirs: readonly unknown[],
  part: ListPart,
  place: Place,
): Told {
  const conflicts: Conflict<unknown>[] = [];
  const find = (list: readonly unknown[], id: string | undefined) =>
    id === undefined ? undefined : list.find((each) => part.identity(each) === id);
  const disagree = (id: string, own: unknown, other: unknown) => {
    const title = `${place.title}: ${part.title(own ?? other)}`;
    const choose: Conflict<unknown>["choose"] = (list, side) =>
      Array.isArray(list) ? withElement(list, part, id, side === "mine" ? own : other) : list;
    conflicts.push(conflict({ path: `${place.path}[${id}]`, title }, own, other, choose));
  };
  const kept = theirs.flatMap((other) => {
    const id = part.identity(other);
    if (id === undefined) return [other];
    const [was, own] = [find(base, id), find(mine, id)];
    if (own === undefined && was === undefined) return [other];
    if (own === undefined && same(was, other)) return [];
    if (same(was, own) || same(own, other)) return [other];
    if (same(was, other)) return [own];
    disagree(id, own, other);
    return [other];
  });
  const fresh: unknown[] = [];
  for (const own of mine) {
    const id = part.identity(own);
    if (find(theirs, id) !== undefined) continue;
    const was = find(base, id);
    if (was === undefined) fresh.push(own);
    else if (id !== undefined && !same(was, own)) disagree(id, own, undefined);
  }
  const list = fresh.reduce<readonly unknown[]>((found, each) => inserted(found, each, mine, part), kept);
  return { value: reordered(list, base, mine, theirs, part), conflicts };
}

function withElement(list: readonly unknown[], part: ListPart, id: string, wanted: unknown): unknown[] {
  const found = list.findIndex((each) => part.identity(each) === id);
  if (wanted === undefined) return list.filter((each) => part.identity(each) !== id);
  return found < 0 ? [...list, wanted] : list.with(found, wanted);
}

/** A new element stands behind the one that it stood behind. */
function inserted(list: readonly unknown[], element: unknown, mine: readonly unknown[], part: ListPart): unknown[] {
  const place = mine.indexOf(element);
  const before = mine[place - 1];
  if (place <= 0) return [element, ...list];
  const id = part.identity(before);
  const found = list.findIndex((each) => each === before || (id !== undefined && part.identity(each) === id));
  return list.toSpliced(found < 0 ? list.length : found + 1, 0, element);
}

/** My order, if I alone have changed it. */
function reordered(
  list: readonly unknown[],
  base: readonly unknown[],
  mine: readonly unknown[],
  theirs: readonly unknown[],
  part: ListPart,
): readonly unknown[] {
  const order = (of: readonly unknown[], among: readonly unknown[]) => {
    const known = new Set(among.map(part.identity));
    return of.map(part.identity).filter((id) => id !== undefined && known.has(id));
  };
  const iMoved = !same(order(mine, base), order(base, mine));
  const theyMoved = !same(order(theirs, base), order(base, theirs));
  if (!iMoved || theyMoved) return list;
  const place = (element: unknown) => {
    const id = part.identity(element);
    return mine.findIndex((each) => each === element || (id !== undefined && part.identity(each) === id));
  };
  const own = list.filter((each) => place(each) >= 0).toSorted((one, other) => place(one) - place(other));
  return list.map((each) => (place(each) < 0 ? each : own.shift()));
}

function partOf<T>(parts: Parts<T>, name: string): Part {
  return Object.entries<Part | undefined>(parts).find(([each]) => each === name)?.[1] ?? WHOLE;
}

function withMember(value: unknown, name: string, given: unknown): unknown {
  const entries = isRecord(value) ? Object.entries(value).filter(([each]) => each !== name) : [];
  return Object.fromEntries(given === undefined ? entries : [...entries, [name, given]]);
}

function at(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function namesOf(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

/** "off_variation" and "bucketBy", as one says them. */
function spoken(name: string): string {
  return name.replaceAll("_", " ").replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

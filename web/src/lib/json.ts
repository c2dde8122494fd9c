/** JSON as values: types, equality, merge patches (RFC 7396) and pointers (RFC 6901). */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** Any object that is no list, whatever its members are. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name of the prototype (`constructor`, `toString`) is no member. */
export function member(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A copy with one member; without it when `given` is undefined. `__proto__` is a name as any other. */
export function withMember(value: JsonObject, name: string, given: Json | undefined): JsonObject {
  const entries = Object.entries(value);
  const at = entries.findIndex(([each]) => each === name);
  if (given === undefined) return Object.fromEntries(entries.filter(([each]) => each !== name));
  if (at < 0) entries.push([name, given]);
  else entries[at] = [name, given];
  return Object.fromEntries(entries);
}

/** By value, whatever the order of an object's members; one that is undefined is none. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = Object.entries(one).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(other).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)));
}

/** What a JSON Merge Patch makes of a value. */
export function mergePatch(value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  let result: JsonObject = isObject(value) ? value : {};
  for (const [name, part] of Object.entries(patch))
    result = withMember(result, name, part === null ? undefined : mergePatch(member(result, name), part));
  return result;
}

/** The pointers of what lies deepest in a patch: each is one thing that it changes. */
export function patchedPointers(patch: JsonObject, at = ""): string[] {
  return Object.entries(patch).flatMap(([name, part]) => {
    const pointer = `${at}/${escapePart(name)}`;
    return isObject(part) && Object.keys(part).length > 0 ? patchedPointers(part, pointer) : [pointer];
  });
}

export function escapePart(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

export function pointerParts(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function valueAt(value: Json | undefined, pointer: string): Json | undefined {
  return pointerParts(pointer).reduce<Json | undefined>((found, part) => {
    if (Array.isArray(found)) return found[Number(part)];
    return isObject(found) ? member(found, part) : undefined;
  }, value);
}

/** One line, cut at a length; for tables and sentences. */
export function shortJson(value: Json | undefined, lengthMax = 80): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
}

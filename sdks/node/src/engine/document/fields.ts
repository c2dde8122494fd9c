/** Reading typed fields out of JSON objects, with the path of what is wrong. */

import { InvalidConfig } from "../errors.js";
import { isObject, type Json, type JsonObject } from "../json.js";

/** The path of a field below `path`. */
export function at(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

type Kind<Type> = { readonly named: string; readonly is: (value: unknown) => value is Type };

function kind<Type>(named: string, is: (value: unknown) => value is Type): Kind<Type> {
  return { named, is };
}

export const TEXT = kind("a string", (value): value is string => typeof value === "string");
export const FLAG = kind("true or false", (value): value is boolean => typeof value === "boolean");
export const LIST = kind("a list", (value): value is readonly Json[] => Array.isArray(value));
export const OBJECT = kind("an object", isObject);
export const INTEGER = kind("an integer", (value): value is number => Number.isSafeInteger(value) || isBeyond(value));

/** Integers beyond 2^53 are read as bigint, and those of documents are times and versions: as numbers they do. */
function isBeyond(value: unknown): boolean {
  return typeof value === "bigint";
}

/** The own field `name`, and not what an object inherits. */
export function field(fields: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The value, if it is of that kind; InvalidConfig otherwise. */
export function expect<Type>(value: unknown, wanted: Kind<Type>, path: string): Type {
  if (!wanted.is(value)) throw new InvalidConfig(path, `must be ${wanted.named}`);
  return typeof value === "bigint" ? (Number(value) as Type) : value;
}

/** The field `name`; InvalidConfig if it is missing or of another kind. */
export function required<Type>(fields: JsonObject, name: string, wanted: Kind<Type>, path: string): Type {
  const value = field(fields, name);
  if (value === undefined) throw new InvalidConfig(at(path, name), "is missing");
  return expect(value, wanted, at(path, name));
}

/** The field `name`, or `absent` if it is missing or null. */
export function optional<Type, Absent>(
  fields: JsonObject,
  name: string,
  wanted: Kind<Type>,
  path: string,
  absent: Absent,
): Type | Absent {
  const value = field(fields, name);
  return value === undefined || value === null ? absent : expect(value, wanted, at(path, name));
}

/** A list of `read` elements; none if the field is missing or null. */
export function listOf<Element>(
  fields: JsonObject,
  name: string,
  path: string,
  read: (element: Json, path: string, index: number) => Element,
): Element[] {
  const elements = optional(fields, name, LIST, path, []);
  return elements.map((element, index) => read(element, `${at(path, name)}[${index}]`, index));
}

/** One of `choices`. */
export function choice<Choice extends string>(value: string, choices: readonly Choice[], path: string): Choice {
  const found = choices.find((each) => each === value);
  if (found === undefined) throw new InvalidConfig(path, `must be one of ${choices.join(", ")}`);
  return found;
}

/** InvalidConfig if the object has a field that is none of `names`: a typing error must not change a rule. */
export function refuseOthers(fields: JsonObject, names: readonly string[], path: string): void {
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) {
      throw new InvalidConfig(at(path, name), `is unknown here; known: ${names.join(", ")}`);
    }
  }
}

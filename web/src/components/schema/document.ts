/** A JSON Schema as a document: its members by type, with what it refers to. */

import { isObject, type Json, type JsonObject, member } from "@/lib/json";

export type Schema = JsonObject | boolean;

export interface Property {
  name: string;
  schema: Schema;
  required: boolean;
}

const REFERENCES_MAX = 32;
const TYPES = ["object", "array", "string", "integer", "number", "boolean", "null"] as const;
export type TypeName = (typeof TYPES)[number];

/** Follows `$ref` inside the document and joins `allOf`, as far as that can be drawn. */
export function resolved(schema: Schema, root: Schema): JsonObject {
  let found: JsonObject = isObject(schema) ? schema : {};
  for (let hop = 0; hop < REFERENCES_MAX; hop++) {
    const reference = member(found, "$ref");
    if (typeof reference !== "string" || !reference.startsWith("#")) break;
    const { $ref: _, ...beside } = found;
    const target = referred(root, reference);
    if (target === undefined) return beside;
    found = { ...target, ...beside };
  }
  const parts = member(found, "allOf");
  return Array.isArray(parts)
    ? parts.reduce<JsonObject>((sum, part) => joined(sum, asSchema(part), root), found)
    : found;
}

function referred(root: Schema, reference: string): JsonObject | undefined {
  let at: Json | undefined = isObject(root) ? root : undefined;
  for (const part of decoded(reference).slice(1).split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) ? at[Number(name)] : isObject(at) ? member(at, name) : undefined;
  }
  return isObject(at) ? at : undefined;
}

function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

function joined(sum: JsonObject, part: Schema, root: Schema): JsonObject {
  const { allOf: _, ...rest } = resolved(part, root);
  const properties = { ...objectIn(rest, "properties"), ...objectIn(sum, "properties") };
  const required = [...textsIn(sum, "required"), ...textsIn(rest, "required")];
  return {
    ...rest,
    ...sum,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  };
}

/** The named members in the schema's order, then those that a value has beside them. */
export function propertiesOf(schema: JsonObject): Property[] {
  const required = new Set(textsIn(schema, "required"));
  return Object.entries(objectIn(schema, "properties")).map(([name, part]) => ({
    name,
    schema: asSchema(part),
    required: required.has(name),
  }));
}

export function extrasOf(schema: JsonObject, value: JsonObject): string[] {
  const named = objectIn(schema, "properties");
  return Object.keys(value).filter((name) => !Object.hasOwn(named, name));
}

/** What members are that the schema doesn't name; undefined where there may be none. */
export function extraSchema(schema: JsonObject): Schema | undefined {
  const given = member(schema, "additionalProperties");
  return given === false ? undefined : asSchema(given ?? true);
}

export function itemSchema(schema: JsonObject, index: number): Schema {
  const first = listIn(schema, "prefixItems")?.[index];
  return asSchema(first ?? member(schema, "items") ?? true);
}

export function typesIn(schema: JsonObject): TypeName[] {
  const given = member(schema, "type");
  const names = Array.isArray(given) ? given : [given];
  return TYPES.filter((type) => names.includes(type));
}

export function textIn(schema: JsonObject, name: string): string | undefined {
  const given = member(schema, name);
  return typeof given === "string" && given !== "" ? given : undefined;
}

export function listIn(schema: JsonObject, name: string): Json[] | undefined {
  const given = member(schema, name);
  return Array.isArray(given) ? given : undefined;
}

export function textsIn(schema: JsonObject, name: string): string[] {
  return (listIn(schema, name) ?? []).filter((each) => typeof each === "string");
}

export function objectIn(schema: JsonObject, name: string): JsonObject {
  const given = member(schema, name);
  return isObject(given) ? given : {};
}

export function asSchema(given: Json): Schema {
  return isObject(given) || typeof given === "boolean" ? given : true;
}

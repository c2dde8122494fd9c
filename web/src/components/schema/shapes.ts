/** What control a JSON Schema asks for, at one place of a value. Nothing is validated here: the service does that. */

import { isObject, type Json, type JsonObject, member, same } from "@/lib/json";

export type Schema = JsonObject | boolean;

export type ShapeKind = "object" | "array" | "text" | "choice" | "number" | "integer" | "switch" | "constant" | "raw";

export interface Choice {
  value: Json;
  label: string;
}

export interface Property {
  name: string;
  schema: Schema;
  required: boolean;
}

export interface Shape {
  kind: ShapeKind;
  schema: JsonObject;
  title: string | undefined;
  description: string | undefined;
  nullable: boolean;
  readOnly: boolean;
  /** Of a choice or a constant. */
  choices: Choice[];
  /** What is allowed, in a few words: "2 to 9", "at most 20 characters". */
  limits: string | undefined;
}

const REFERENCES_MAX = 32;
const TYPES = ["object", "array", "string", "integer", "number", "boolean", "null"] as const;
type TypeName = (typeof TYPES)[number];

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

export function shapeOf(schema: Schema, value: Json | undefined, root: Schema): Shape {
  const whole = resolved(schema, root);
  const { schema: used, nullable } = chosen(whole, value, root);
  const kind = kindOf(used, value);
  return {
    kind,
    schema: used,
    title: textIn(used, "title") ?? textIn(whole, "title"),
    description: textIn(used, "description") ?? textIn(whole, "description"),
    nullable,
    readOnly: member(used, "readOnly") === true,
    choices: choicesOf(used),
    limits: limitsOf(used, kind),
  };
}

/** Of alternatives the one that the value has; without a value the first. */
function chosen(whole: JsonObject, value: Json | undefined, root: Schema): { schema: JsonObject; nullable: boolean } {
  const types = typesIn(whole);
  const alternatives = (listIn(whole, "oneOf") ?? listIn(whole, "anyOf") ?? []).map((each) =>
    resolved(asSchema(each), root),
  );
  const nullable =
    types.includes("null") ||
    alternatives.some((each) => typesIn(each).includes("null") || member(each, "const") === null) ||
    (listIn(whole, "enum") ?? []).includes(null);
  const real = alternatives.filter((each) => !same(each.type, "null") && member(each, "const") !== null);
  const [first, ...more] = real;
  if (first === undefined) return { schema: whole, nullable };
  const constants = real.map((each) =>
    Object.hasOwn(each, "const") ? { const: each.const ?? null, title: each.title ?? null } : null,
  );
  if (constants.every((each) => each !== null))
    return { schema: { ...whole, "x-choices": constants as Json[] }, nullable };
  const fitting =
    more.length === 0 || value === undefined || value === null ? first : real.find((each) => fits(each, value));
  const { oneOf: _one, anyOf: _any, ...beside } = whole;
  return { schema: fitting ? { ...beside, ...fitting } : {}, nullable };
}

/** By type and by constants inside alone: enough to tell alternatives apart. */
function fits(schema: JsonObject, value: Json): boolean {
  const types = typesIn(schema);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return false;
  if (!isObject(value)) return true;
  return Object.entries(objectIn(schema, "properties")).every(
    ([name, part]) => !isObject(part) || !Object.hasOwn(part, "const") || same(part.const, member(value, name)),
  );
}

function kindOf(schema: JsonObject, value: Json | undefined): ShapeKind {
  if (Object.hasOwn(schema, "const")) return "constant";
  if (listIn(schema, "enum") !== undefined || listIn(schema, "x-choices") !== undefined) return "choice";
  const types = typesIn(schema).filter((type) => type !== "null");
  const given = value === undefined || value === null ? undefined : types.find((type) => isOfType(value, type));
  const type = given ?? (types.length === 1 || value === undefined ? types[0] : undefined) ?? implied(schema);
  // A value that is not what its schema says is shown as it is.
  if (type !== undefined && value !== undefined && value !== null && !isOfType(value, type)) return "raw";
  if (type !== undefined) return KINDS[type];
  return types.length > 0 || value === undefined || value === null ? "raw" : KINDS[typeOf(value)];
}

const KINDS: Record<TypeName, ShapeKind> = {
  object: "object",
  array: "array",
  string: "text",
  integer: "integer",
  number: "number",
  boolean: "switch",
  null: "raw",
};

function implied(schema: JsonObject): TypeName | undefined {
  if (Object.hasOwn(schema, "properties") || Object.hasOwn(schema, "additionalProperties")) return "object";
  if (Object.hasOwn(schema, "items") || Object.hasOwn(schema, "prefixItems")) return "array";
  if (["minimum", "maximum", "multipleOf"].some((name) => Object.hasOwn(schema, name))) return "number";
  if (["minLength", "maxLength", "pattern", "format"].some((name) => Object.hasOwn(schema, name))) return "string";
  return undefined;
}

export function typeOf(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "object") return "object";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  return "number";
}

function isOfType(value: Json, type: TypeName): boolean {
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return typeOf(value) === type;
}

function choicesOf(schema: JsonObject): Choice[] {
  const constants = listIn(schema, "x-choices");
  if (constants)
    return constants
      .filter(isObject)
      .map((each) => ({ value: each.const ?? null, label: labelOf(each.title ?? each.const ?? null) }));
  if (Object.hasOwn(schema, "const")) return [{ value: schema.const ?? null, label: labelOf(schema.const ?? null) }];
  return (listIn(schema, "enum") ?? [])
    .filter((each) => each !== null)
    .map((value) => ({ value, label: labelOf(value) }));
}

export function labelOf(value: Json): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
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

/** What stands in a place that somebody has just added. */
export function initialValue(schema: Schema, root: Schema, depth = 0): Json {
  const whole = resolved(schema, root);
  for (const name of ["default", "const"]) {
    const given = member(whole, name);
    if (given !== undefined) return given;
  }
  const shape = shapeOf(whole, undefined, root);
  const choice = shape.choices[0];
  if (choice) return choice.value;
  if (shape.nullable) return null;
  switch (shape.kind) {
    case "object":
      return initialObject(shape.schema, root, depth);
    case "array":
      return [];
    case "switch":
      return false;
    case "number":
    case "integer":
      return initialNumber(shape.schema);
    default:
      return "";
  }
}

function initialObject(schema: JsonObject, root: Schema, depth: number): JsonObject {
  // A schema may demand itself inside itself.
  if (depth >= 8) return {};
  return Object.fromEntries(
    propertiesOf(schema)
      .filter((each) => each.required)
      .map((each) => [each.name, initialValue(each.schema, root, depth + 1)]),
  );
}

function initialNumber(schema: JsonObject): number {
  const least = member(schema, "minimum");
  const above = member(schema, "exclusiveMinimum");
  if (typeof least === "number" && least > 0) return least;
  if (typeof above === "number" && above >= 0) return Math.floor(above) + 1;
  const most = member(schema, "maximum");
  return typeof most === "number" && most < 0 ? most : 0;
}

function limitsOf(schema: JsonObject, kind: ShapeKind): string | undefined {
  if (kind === "number" || kind === "integer") return range(schema, "minimum", "maximum", "");
  if (kind === "array") return range(schema, "minItems", "maxItems", " items");
  if (kind !== "text") return undefined;
  const told = [range(schema, "minLength", "maxLength", " characters"), textIn(schema, "format"), pattern(schema)];
  return told.filter((each) => each !== undefined).join(", ") || undefined;
}

function range(schema: JsonObject, lower: string, upper: string, of: string): string | undefined {
  const [least, most] = [member(schema, lower), member(schema, upper)];
  if (typeof least === "number" && typeof most === "number") return `${least} to ${most}${of}`;
  if (typeof least === "number") return `at least ${least}${of}`;
  return typeof most === "number" ? `at most ${most}${of}` : undefined;
}

function pattern(schema: JsonObject): string | undefined {
  const given = textIn(schema, "pattern");
  return given === undefined ? undefined : `matches ${given}`;
}

function typesIn(schema: JsonObject): TypeName[] {
  const given = member(schema, "type");
  const names = Array.isArray(given) ? given : [given];
  return TYPES.filter((type) => names.includes(type));
}

function textIn(schema: JsonObject, name: string): string | undefined {
  const given = member(schema, name);
  return typeof given === "string" && given !== "" ? given : undefined;
}

function listIn(schema: JsonObject, name: string): Json[] | undefined {
  const given = member(schema, name);
  return Array.isArray(given) ? given : undefined;
}

function textsIn(schema: JsonObject, name: string): string[] {
  return (listIn(schema, name) ?? []).filter((each) => typeof each === "string");
}

function objectIn(schema: JsonObject, name: string): JsonObject {
  const given = member(schema, name);
  return isObject(given) ? given : {};
}

function asSchema(given: Json): Schema {
  return isObject(given) || typeof given === "boolean" ? given : true;
}

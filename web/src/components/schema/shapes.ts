/** What control a JSON Schema asks for, at one place of a value. Nothing is validated here: the service does that. */

import { isObject, type Json, type JsonObject, member, same } from "@/lib/json";
import { asSchema, listIn, objectIn, resolved, type Schema, type TypeName, textIn, typesIn } from "./document";

export type ShapeKind = "object" | "array" | "text" | "choice" | "number" | "integer" | "switch" | "constant" | "raw";

export interface Choice {
  value: Json;
  label: string;
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

/** What stands in a place of a value that somebody has just added. */

import { type Json, type JsonObject, member } from "@/lib/json";
import { propertiesOf, resolved, type Schema } from "./document";
import { shapeOf } from "./shapes";

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

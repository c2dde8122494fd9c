/**
 * Conditions in the authoring form.
 *
 * `{"attribute", "operator", "value"}`, `{"and": [..]}`, `{"or": [..]}`, `{"not": {..}}`, `{"segment": key}`. Also read,
 * and told as those: `in_segment` with a key or a list, as `{"in_segment": ..}` or as an operator; and
 * `{"field", "op", "value"}` of older clients.
 */

import { reader } from "../attributes.js";
import { InvalidConfig, Unusable } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { Comparison, Condition, InSegment } from "../model.js";
import { InvalidLiteral, OPERATORS, type Operator, type Test } from "../operators.js";
import { at, expect, field, LIST, OBJECT, refuseOthers, required, TEXT } from "./fields.js";

const CONDITION_DEPTH_MAX = 16;
const FORMS = "attribute, and, or, not or segment";

/** Read a condition; InvalidConfig names the path below `path`. */
export function readCondition(document: unknown, path: string, depth = 1): Condition {
  checkDepth(depth, path);
  const fields = expect(document, OBJECT, path);
  if (Object.hasOwn(fields, "attribute") || Object.hasOwn(fields, "field")) return comparison(fields, path, depth);
  if (field(fields, "operator") === "in_segment") {
    refuseOthers(fields, ["operator", "value"], path);
    return segments(field(fields, "value"), at(path, "value"), depth);
  }
  const [form, ...others] = Object.keys(fields);
  if (form === undefined || others.length > 0) throw new InvalidConfig(path, `must have exactly one of ${FORMS}`);
  const content = fields[form];
  const below = at(path, form);
  switch (form) {
    case "and":
    case "or": {
      const parts = expect(content, LIST, below);
      if (parts.length === 0) throw new InvalidConfig(below, "must not be empty");
      return { form, conditions: parts.map((part, index) => readCondition(part, `${below}[${index}]`, depth + 1)) };
    }
    case "not":
      return { form, condition: readCondition(content, below, depth + 1) };
    case "segment":
      return inSegment(content, below);
    case "in_segment":
      return segments(content, below, depth);
    default:
      throw new InvalidConfig(below, `is no condition; there are ${FORMS}`);
  }
}

function checkDepth(depth: number, path: string): void {
  if (depth > CONDITION_DEPTH_MAX) {
    throw new InvalidConfig(path, `conditions nest at most ${CONDITION_DEPTH_MAX} deep`);
  }
}

function comparison(fields: JsonObject, path: string, depth: number): Condition {
  const names = Object.hasOwn(fields, "attribute") ? ["attribute", "operator", "value"] : ["field", "op", "value"];
  refuseOthers(fields, names, path);
  const attribute = required(fields, names[0]!, TEXT, path);
  const operatorName = required(fields, names[1]!, TEXT, path);
  if (operatorName === "in_segment") return segments(field(fields, "value"), at(path, "value"), depth);
  const operator = OPERATORS.get(operatorName);
  if (operator === undefined) throw new Unusable(at(path, "operator"), `unknown operator '${operatorName}'`);
  const value = field(fields, "value");
  if (value === undefined && operator.presence === undefined) throw new InvalidConfig(at(path, "value"), "is missing");
  return compared(attribute, operatorName, operator, value, path);
}

function compared(
  attribute: string,
  operatorName: string,
  operator: Operator,
  value: Json | undefined,
  path: string,
): Comparison {
  const kept = operator.presence === undefined ? value : undefined;
  const test = prepared(operator, value, path);
  return { form: "comparison", attribute, operatorName, value: kept, operator, read: reader(attribute), test };
}

function prepared(operator: Operator, value: Json | undefined, path: string): Test {
  try {
    return operator.prepare(value);
  } catch (error) {
    if (error instanceof InvalidLiteral) throw new Unusable(at(path, "value"), error.message);
    throw error;
  }
}

function segments(content: Json | undefined, path: string, depth: number): Condition {
  if (!Array.isArray(content)) return inSegment(content, path);
  const [first, ...others] = (content as readonly Json[]).map((key, index) => inSegment(key, `${path}[${index}]`));
  if (first === undefined) throw new InvalidConfig(path, "must not be empty");
  if (others.length === 0) return first;
  checkDepth(depth + 1, path);
  return { form: "or", conditions: [first, ...others] };
}

function inSegment(key: Json | undefined, path: string): InSegment {
  return { form: "segment", segment: expect(key, TEXT, path) };
}

/** Write a condition. */
export function conditionDocument(condition: Condition): JsonObject {
  switch (condition.form) {
    case "comparison": {
      const { attribute, operatorName: operator, value } = condition;
      return value === undefined ? { attribute, operator } : { attribute, operator, value };
    }
    case "and":
    case "or":
      return { [condition.form]: condition.conditions.map(conditionDocument) };
    case "not":
      return { not: conditionDocument(condition.condition) };
    case "segment":
      return { segment: condition.segment };
  }
}

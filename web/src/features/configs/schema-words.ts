/** What lies between two JSON schemas, in words: what came, what went, what became stricter or looser. */

import { isObject, type Json, type JsonObject, same, shortJson } from "@/lib/json";

type Limit = readonly [name: string, words: string, stricter: (was: number, is: number) => boolean];

const more = (was: number, is: number): boolean => is > was;
const less = (was: number, is: number): boolean => is < was;

const LIMITS: readonly Limit[] = [
  ["minimum", "a minimum of", more],
  ["exclusiveMinimum", "a lower bound of", more],
  ["minLength", "a length of at least", more],
  ["minItems", "a number of items of at least", more],
  ["maximum", "a maximum of", less],
  ["exclusiveMaximum", "an upper bound of", less],
  ["maxLength", "a length of at most", less],
  ["maxItems", "a number of items of at most", less],
];

/** Of both sides the same way; a schema that is otherwise in another way says that alone. */
export function schemaWords(before: JsonObject, after: JsonObject): string[] {
  if (same(before, after)) return [];
  const words = differences(before, after, "");
  return words.length > 0 ? words : ["The schema is another one"];
}

function differences(was: JsonObject, is: JsonObject, at: string): string[] {
  if (same(was, is)) return [];
  return [
    ...typeWords(was, is, at),
    ...limitWords(was, is, at),
    ...choiceWords(was, is, at),
    ...otherWords(was, is, at),
    ...propertyWords(was, is, at),
    ...itemWords(was, is, at),
  ];
}

const named = (at: string): string => (at === "" ? "the value" : at);

function typeWords(was: JsonObject, is: JsonObject, at: string): string[] {
  if (same(was.type, is.type)) return [];
  if (is.type === undefined) return [`Looser: ${named(at)} may be of any type`];
  const how = was.type === undefined ? "Stricter" : "Changed";
  const before = was.type === undefined ? "" : `, was ${typeText(was.type)}`;
  return [`${how}: ${named(at)} is ${typeText(is.type)}${before}`];
}

const typeText = (type: Json | undefined): string => (Array.isArray(type) ? type.join(" or ") : String(type));

function limitWords(was: JsonObject, is: JsonObject, at: string): string[] {
  return LIMITS.flatMap(([name, words, stricter]) => {
    const [before, after] = [was[name], is[name]];
    if (same(before, after)) return [];
    if (typeof after !== "number")
      return [`Looser: ${named(at)} no longer has ${words} ${shortJson(before ?? null, 20)}`];
    const how = typeof before !== "number" || stricter(before, after) ? "Stricter" : "Looser";
    const earlier = typeof before === "number" ? `, was ${before}` : "";
    return [`${how}: ${named(at)} has ${words} ${after}${earlier}`];
  });
}

function choiceWords(was: JsonObject, is: JsonObject, at: string): string[] {
  const [before, after] = [was.enum, is.enum];
  if (same(before, after)) return [];
  if (!Array.isArray(after)) return [`Looser: ${named(at)} is no longer one of ${shortJson(before ?? null, 60)}`];
  if (!Array.isArray(before)) return [`Stricter: ${named(at)} is one of ${shortJson(after, 60)}`];
  const gone = before.filter((each) => !after.some((one) => same(one, each)));
  const come = after.filter((each) => !before.some((one) => same(one, each)));
  return [
    ...(gone.length > 0 ? [`Stricter: ${named(at)} may no longer be ${listText(gone)}`] : []),
    ...(come.length > 0 ? [`Looser: ${named(at)} may be ${listText(come)}, too`] : []),
  ];
}

const listText = (values: readonly Json[]): string => values.map((each) => shortJson(each, 40)).join(", ");

function otherWords(was: JsonObject, is: JsonObject, at: string): string[] {
  const words: string[] = [];
  if (!same(was.pattern, is.pattern))
    words.push(
      is.pattern === undefined
        ? `Looser: ${named(at)} fits no pattern any more`
        : `Stricter: ${named(at)} fits the pattern ${String(is.pattern)}`,
    );
  const closed = (schema: JsonObject) => schema.additionalProperties === false;
  if (closed(was) !== closed(is))
    words.push(
      closed(is)
        ? `Stricter: ${named(at)} has no properties but those named`
        : `Looser: ${named(at)} may have properties that are not named`,
    );
  return words;
}

function propertyWords(was: JsonObject, is: JsonObject, at: string): string[] {
  const [before, after] = [objectAt(was, "properties"), objectAt(is, "properties")];
  const [needed, needs] = [textsAt(was, "required"), textsAt(is, "required")];
  const place = (name: string) => (at === "" ? name : `${at}.${name}`);
  const come = Object.keys(after).filter((name) => before[name] === undefined);
  const words = come.map((name) => `Added: ${place(name)}${needs.includes(name) ? ", which must be there" : ""}`);
  for (const name of Object.keys(before)) if (after[name] === undefined) words.push(`Removed: ${place(name)}`);
  for (const name of needs)
    if (!needed.includes(name) && !come.includes(name)) words.push(`Stricter: ${place(name)} must be there`);
  for (const name of needed)
    if (!needs.includes(name) && after[name] !== undefined) words.push(`Looser: ${place(name)} may be left out`);
  for (const [name, schema] of Object.entries(after)) {
    const earlier = before[name];
    if (isObject(earlier) && isObject(schema)) words.push(...differences(earlier, schema, place(name)));
  }
  return words;
}

function itemWords(was: JsonObject, is: JsonObject, at: string): string[] {
  const [before, after] = [was.items, is.items];
  return isObject(before) && isObject(after) ? differences(before, after, `${at}[]`) : [];
}

function objectAt(schema: JsonObject, name: string): JsonObject {
  const found = schema[name];
  return isObject(found) ? found : {};
}

function textsAt(schema: JsonObject, name: string): string[] {
  const found = schema[name];
  return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
}

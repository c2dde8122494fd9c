/** What is otherwise between two documents, as sentences for whoever reviews them. */

import { same } from "@/lib/json";
import { conditionOf, isObject } from "./condition";
import { counterparts } from "./counterparts";
import { shownLiteral } from "./literals";
import { moversInWords, moversOf } from "./movers";
import { inWords } from "./sentence";
import { servedInWords, serveOf } from "./serve";

const SHOWN_MAX = 120;

const cut = (text: string): string => (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX - 1)}…`);

export const shown = (value: unknown): string =>
  value === null || value === undefined
    ? "nothing"
    : typeof value === "object"
      ? cut(JSON.stringify(value))
      : cut(shownLiteral(asLiteral(value)));

const asLiteral = (value: unknown): string | number | boolean =>
  typeof value === "number" || typeof value === "boolean" ? value : String(value);

const isName = (value: unknown): value is string => typeof value === "string";

type Document = Readonly<Record<string, unknown>>;
type Telling = (before: unknown, after: unknown, name: string, off: string | undefined) => string[];

/** How single fields are told; whatever has no entry is told by its name and its values. */
const FIELDS: Readonly<Record<string, Telling>> = {
  enabled: (_, after) => [after === true ? "Turn on" : "Turn off"],
  archived: (_, after) => [after === true ? "Archive" : "Restore"],
  rules: (before, after, _, off) => elements(before, after, ["id"], "rule", ruleSentences, off),
  overrides: (before, after) => elements(before, after, ["id"], "override", ruleSentences),
  targets: (before, after) => elements(before, after, ["key"], "individual target", plainSentences),
  prerequisites: (before, after) => elements(before, after, ["flag"], "prerequisite", plainSentences),
  variations: (before, after) => elements(before, after, ["key"], "variation", plainSentences),
  default: (before, after, _, off) => serveSentences(before, after, "Default", off),
  off_variation: (before, after) => [`Off serves ${shown(after)} instead of ${shown(before)}`],
  if: (before, after) => conditionSentences(before, after, "Condition"),
  included: (before, after) => keySentences(before, after, "included"),
  excluded: (before, after) => keySentences(before, after, "excluded"),
  tags: (before, after) => keySentences(before, after, "tags"),
  exposure_attributes: (before, after) => keySentences(before, after, "attributes of exposures"),
  report_exposures: (_, after) => [after === true ? "Edges report exposures" : "Edges report no exposures"],
  client_visible: (_, after) => [after === true ? "Client keys see it" : "Client keys no longer see it"],
};

/** Counters and moments that a write moves by itself. */
const SILENT = new Set(["version", "updated_at", "created_at", "environment_versions", "warnings", "inherited"]);

/** A sentence for each thing that is otherwise; null stands for what isn't there. `off`: the off variation, where the
 * documents leave it to the flag. */
export function differenceInWords(before: Document | null, after: Document | null, off?: string): string[] {
  if (before === null || after === null) return before === after ? [] : [before === null ? "Created" : "Deleted"];
  const last = [after.off_variation, off].find(isName);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !SILENT.has(name));
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (same(was, is)) return [];
    return FIELDS[name]?.(was, is, name, last) ?? plainSentences(was, is, titled(name));
  });
}

const titled = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function plainSentences(before: unknown, after: unknown, name: string): string[] {
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((each) => !same(before[each], after[each]))
      .flatMap((each) => plainSentences(before[each], after[each], `${name}: ${each}`));
  }
  return [`${name}: ${shown(before)} → ${shown(after)}`];
}

const listOf = (value: unknown): Document[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Elements that came, went, changed, or stand in another order, each known by a field that stays. */
function elements(
  before: unknown,
  after: unknown,
  names: readonly string[],
  noun: string,
  tell: Telling,
  off?: string,
): string[] {
  const [was, is] = [listOf(before), listOf(after)];
  const found = counterparts(was, is, (element) => names.map((each) => element[each]).find(isName));
  const sentences = is.flatMap((element, index) => {
    const called = nameOf(element, noun, index);
    const old = was[found[index] ?? -1];
    if (old === undefined) return [`Add ${called}${contentOf(element, off)}`];
    return same(old, element) ? [] : tell(old, element, upper(called), off);
  });
  const stayed = new Set(found);
  for (const [index, element] of was.entries())
    if (!stayed.has(index)) sentences.push(`Remove ${nameOf(element, noun, index)}${contentOf(element, off)}`);
  const order = found.flatMap((place) => (place === null ? [] : [place]));
  if (order.some((place, index) => index > 0 && place < (order[index - 1] ?? 0)))
    sentences.push(`${upper(noun)}s stand in another order`);
  return sentences;
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Rules by their place, as the page numbers them; everything else by its key. */
function nameOf(element: Document, noun: string, index: number): string {
  const key = element.key ?? element.flag;
  return typeof key === "string" ? `${noun} ${key}` : `${noun} ${index + 1}`;
}

function contentOf(element: Document, off: string | undefined): string {
  const condition = conditionOf(element.if);
  const serve = serveOf(element.then);
  if (condition !== null)
    return `: if ${inWords(condition)}${serve === null ? "" : `, serve ${servedInWords(serve, undefined, off)}`}`;
  const variation = element.variation;
  return typeof variation === "string" ? `, served ${variation}` : "";
}

function ruleSentences(before: unknown, after: unknown, name: string, off?: string): string[] {
  if (!isObject(before) || !isObject(after)) return plainSentences(before, after, name);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((each) => each !== "id" && !same(before[each] ?? "", after[each] ?? ""))
    .flatMap((each) => {
      if (each === "if") return conditionSentences(before[each], after[each], `${name}: condition`);
      if (each === "then") return serveSentences(before[each], after[each], name, off);
      return plainSentences(before[each], after[each], `${name}: ${each}`);
    });
}

function conditionSentences(before: unknown, after: unknown, name: string): string[] {
  const [was, is] = [conditionOf(before), conditionOf(after)];
  const told = (condition: ReturnType<typeof conditionOf>): string =>
    condition === null ? "nothing" : inWords(condition);
  return [`${name}: “${told(was)}” becomes “${told(is)}”`];
}

function serveSentences(before: unknown, after: unknown, name: string, off?: string): string[] {
  const [was, is] = [serveOf(before), serveOf(after)];
  if (was === null || is === null) return plainSentences(before, after, name);
  const movement = moversInWords(moversOf(was, is));
  const told = (serve: typeof is) => servedInWords(serve, undefined, off);
  return [`${name}: serves ${told(is)} instead of ${told(was)}. ${movement}`];
}

function keySentences(before: unknown, after: unknown, name: string): string[] {
  const keys = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const [was, is] = [new Set(keys(before)), new Set(keys(after))];
  const come = [...is].filter((key) => !was.has(key));
  const gone = [...was].filter((key) => !is.has(key));
  const sentences = [];
  if (come.length > 0) sentences.push(`Add to ${name}: ${shownLiteral(come)}`);
  if (gone.length > 0) sentences.push(`Remove from ${name}: ${shownLiteral(gone)}`);
  return sentences.length > 0 ? sentences : [`${upper(name)}: another order`];
}

/** Answers: what the edge has told of all flags for one context, and how two of them differ. */

import { face, objectOf, parsed, textOf } from './json.js';

/** An experiment that an answer belongs to. */
export interface Membership {
  readonly key: string;
  readonly phase: number;
}

/** What a flag serves, and why. `variant` is null for an error and where a default was served; `version`: of this answer;
 * `experiment`: the one that decided; `experiments`: all that the answer belongs to. */
export interface Detail<T = unknown> {
  readonly flag: string;
  readonly value: T;
  readonly variant: string | null;
  readonly reason: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly version: number;
  readonly experiment?: string;
  readonly experiments: readonly Membership[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a flag served before and serves now; undefined: the flag was or is not there. */
export interface Change {
  readonly flag: string;
  readonly before: Detail | undefined;
  readonly after: Detail | undefined;
}

/** A whole bulk answer. `version`: of the environment; `stream`: where to hear of changes; `inactivityMs`: how long a page
 * may be hidden before it lets the stream go; `ageMs`: how long ago the edge's own configuration was confirmed. */
export interface Answers {
  readonly flags: ReadonlyMap<string, Detail>;
  readonly version: number;
  readonly ageMs: number;
  readonly stream: string | undefined;
  readonly inactivityMs: number;
}

const INACTIVITY_SECONDS = 120;

/** Reads a bulk answer whole, as text or as the object of one. Raises when it is none. */
export function answersOf(document: unknown): Answers {
  const answer = objectOf(typeof document === 'string' ? parsed(document) : structuredClone(document));
  if (!answer || !Array.isArray(answer['flags'])) throw new TypeError('this is no answer of a bulk evaluation');
  const flags = new Map<string, Detail>();
  for (const each of answer['flags']) {
    const detail = detailOf(objectOf(each) ?? {});
    flags.set(detail.flag, detail);
  }
  const metadata = objectOf(answer['metadata']) ?? {};
  const streams = Array.isArray(answer['eventStreams']) ? answer['eventStreams'].map(objectOf) : [];
  const stream = streams.find((each) => each?.['type'] === 'sse' && textOf(each['url']));
  return {
    flags,
    version: Number(metadata['version']) || 0,
    ageMs: 1000 * (Number(metadata['ageSeconds']) || 0),
    stream: textOf(stream?.['url']),
    inactivityMs: 1000 * (Number(stream?.['inactivityDelaySec']) || INACTIVITY_SECONDS),
  };
}

function detailOf(answer: Record<string, unknown>): Detail {
  const flag = textOf(answer['key']);
  if (flag === undefined) throw new TypeError('an answer without the key of its flag');
  const errorCode = textOf(answer['errorCode']);
  if (errorCode !== undefined) return failed(flag, undefined, errorCode, textOf(answer['errorDetails']) ?? '');
  const metadata = objectOf(answer['metadata']) ?? {};
  const experiment = textOf(metadata['experiment']);
  return frozen({
    flag,
    value: answer['value'],
    variant: textOf(answer['variant']) ?? null,
    reason: textOf(answer['reason']) ?? 'UNKNOWN',
    version: Number(metadata['version']) || 0,
    ...(experiment ? { experiment } : {}),
    experiments: membershipsOf(metadata['experiments']),
    metadata,
  });
}

/** `checkout-test:1,watching:1` */
function membershipsOf(text: unknown): Membership[] {
  return (textOf(text) ?? '')
    .split(',')
    .filter(Boolean)
    .map((each) => {
      const [key = '', phase] = each.split(':');
      return { key, phase: Number(phase) };
    });
}

/** The detail of what can't be told: the default, with a code. */
export function failed<T>(flag: string, value: T, errorCode: string, errorMessage: string, version = 0): Detail<T> {
  return { flag, value, variant: null, reason: 'ERROR', errorCode, errorMessage, version, experiments: [], metadata: {} };
}

/** Nobody changes what others read as well. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** What differs in value, variant or reason; never by version or age. */
export function changesBetween(before: Answers | undefined, after: Answers | undefined): Change[] {
  const changes: Change[] = [];
  for (const flag of new Set([...(before?.flags.keys() ?? []), ...(after?.flags.keys() ?? [])])) {
    const [was, is] = [before?.flags.get(flag), after?.flags.get(flag)];
    if (served(was) !== served(is)) changes.push({ flag, before: was, after: is });
  }
  return changes;
}

function served(detail: Detail | undefined): string {
  return detail ? face([detail.value ?? null, detail.variant, detail.reason]) : '';
}

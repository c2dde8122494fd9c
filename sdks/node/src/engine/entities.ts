/** The entities of a config document as they could be read. */

import { readExperiment } from "./document/experiments.js";
import { expect, field, OBJECT, optional } from "./document/fields.js";
import { readFlag } from "./document/flags.js";
import { readRemoteConfig } from "./document/remote_configs.js";
import { readSegment } from "./document/segments.js";
import { InvalidConfig, Unusable } from "./errors.js";
import type { Defect } from "./interface.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import type { LongList } from "./long_lists.js";
import type { Experiment, Flag, RemoteConfig, Segment } from "./model.js";
import { sameJson } from "./same.js";

/** Why an entity can't be used. `document`: what it was read from; is it well-formed, and can't be evaluated? */
export interface Flaw extends Defect {
  readonly document: Json | undefined;
  readonly isWellFormed: boolean;
}

/** The entities of one kind by key, and the flaws of those that can't be used. One may have both: what was good of it. */
export interface Table<Entity> {
  readonly good: ReadonlyMap<string, Entity>;
  readonly flaws: ReadonlyMap<string, Flaw>;
}

export interface Entities {
  readonly flags: Table<Flag>;
  readonly segments: Table<Segment>;
  readonly experiments: Table<Experiment>;
  readonly remoteConfigs: Table<RemoteConfig>;
}

/** Documents by key; null for what is gone. */
export type Documents = { readonly [key: string]: Json } | undefined;

/** Documents of all kinds, by the names of a config document. */
export interface AllDocuments {
  readonly flags?: Documents;
  readonly segments?: Documents;
  readonly experiments?: Documents;
  readonly remote_configs?: Documents;
}

const NONE = { good: new Map<string, never>(), flaws: new Map<string, Flaw>() };
export const NO_ENTITIES: Entities = { flags: NONE, segments: NONE, experiments: NONE, remoteConfigs: NONE };

interface Readable {
  readonly document: JsonObject;
}

/**
 * Entities after a change. What was good of one that can't be read any more stays. One that can be and can't be
 * evaluated is the newest all the same: what goes on instead is decided for all under a key together. A segment is
 * nobody's part, so that what was good of it stays in either case.
 */
export function changedEntities(held: Entities, documents: AllDocuments): Entities {
  return {
    flags: changed(held.flags, documents.flags, "flag", readFlag),
    segments: changed(held.segments, documents.segments, "segment", readSegment, withHeldChunks),
    experiments: changed(held.experiments, documents.experiments, "experiment", readExperiment),
    remoteConfigs: changed(held.remoteConfigs, documents.remote_configs, "remote_config", readRemoteConfig),
  };
}

/** All entities of a config document; what isn't in it is gone. */
export function allEntities(held: Entities, documents: AllDocuments): Entities {
  return changedEntities(held, {
    flags: withGone(held.flags, documents.flags),
    segments: withGone(held.segments, documents.segments),
    experiments: withGone(held.experiments, documents.experiments),
    remote_configs: withGone(held.remoteConfigs, documents.remote_configs),
  });
}

function withGone(table: Table<unknown>, documents: Documents = {}): Documents {
  const held = [...table.good.keys(), ...table.flaws.keys()];
  return Object.fromEntries([...held.map((key): [string, null] => [key, null]), ...Object.entries(documents)]);
}

function changed<Entity extends Readable>(
  table: Table<Entity>,
  documents: Documents,
  kind: Defect["kind"],
  read: (fields: JsonObject) => Entity,
  renew: (entity: Entity, held: Entity | undefined) => Entity = (entity) => entity,
): Table<Entity> {
  const changes = Object.entries(documents ?? {});
  if (changes.length === 0) return table;
  const good = new Map(table.good);
  const flaws = new Map(table.flaws);
  for (const [key, document] of changes) {
    const held = good.get(key);
    flaws.delete(key);
    if (document === null) {
      good.delete(key);
      continue;
    }
    try {
      const fields = named(key, document);
      if (held === undefined || !sameJson(held.document, fields)) good.set(key, renew(read(fields), held));
    } catch (error) {
      const flaw = error instanceof InvalidConfig ? error : new InvalidConfig("", String(error));
      const isWellFormed = flaw instanceof Unusable;
      flaws.set(key, { kind, key, field: flaw.field, message: flaw.reason, document, isWellFormed });
      if (isWellFormed && kind !== "segment") good.delete(key);
    }
  }
  return { good, flaws };
}

/** An entity may leave out the key that the object around it says. */
function named(key: string, document: Json): JsonObject {
  const given = expect(document, OBJECT, "");
  const fields = { ...given, key: field(given, "key") ?? key };
  if (fields.key !== key) throw new InvalidConfig("key", `must be '${key}', as the object around it says`);
  return fields;
}

/** Chunks that are still named by the digest by which they are held. */
function withHeldChunks(segment: Segment, held: Segment | undefined): Segment {
  const { longList } = segment;
  if (longList === undefined || held?.longList === undefined) return segment;
  return { ...segment, longList: longList.withChunks(stillNamed(longList, held.longList)) };
}

function stillNamed(longList: LongList, held: LongList): LongList["chunks"] {
  return new Map([...held.chunks].filter(([number, chunk]) => longList.references.get(number) === chunk.digest));
}

/** The message of a flaw with its field. */
export function told({ field, message }: Flaw): string {
  return field ? `${field}: ${message}` : message;
}

/** The documents of a config document or of a change. Throws InvalidConfig where a kind's are none. */
export function documentsIn(fields: JsonObject): AllDocuments {
  const [flags, segments, experiments, remote_configs] = (
    ["flags", "segments", "experiments", "remote_configs"] as const
  ).map((name) => optional(fields, name, OBJECT, "", {})) as [JsonObject, JsonObject, JsonObject, JsonObject];
  return { flags, segments, experiments, remote_configs };
}

/** With the versions of answers that changed through something else. */
export function withVersions(entities: Entities, versions: ReadonlyMap<string, number>): Entities {
  if (versions.size === 0) return entities;
  return {
    ...entities,
    flags: { ...entities.flags, good: stamped(entities.flags.good, versions) },
    remoteConfigs: { ...entities.remoteConfigs, good: stamped(entities.remoteConfigs.good, versions) },
  };
}

function stamped<Entity extends { readonly version: number }>(
  held: ReadonlyMap<string, Entity>,
  versions: ReadonlyMap<string, number>,
): ReadonlyMap<string, Entity> {
  const entities = new Map(held);
  for (const [key, version] of versions) {
    const entity = held.get(key);
    if (entity !== undefined) entities.set(key, { ...entity, version });
  }
  return entities;
}

/** Each flag's experiments, the one that starts first in front, then by key. */
export function byFlag(experiments: Iterable<Experiment>): ReadonlyMap<string, readonly Experiment[]> {
  const grouped = new Map<string, Experiment[]>();
  const inOrder = [...experiments].sort((one, other) => one.startAt - other.startAt || (one.key < other.key ? -1 : 1));
  for (const experiment of inOrder) {
    const group = grouped.get(experiment.flag);
    if (group === undefined) grouped.set(experiment.flag, [experiment]);
    else group.push(experiment);
  }
  return grouped;
}

/** Keys under which the two hold something else. */
export function* differing(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Iterable<string> {
  for (const [key, entity] of after) if (before.get(key) !== entity) yield key;
  for (const key of before.keys()) if (!after.has(key)) yield key;
}

/** The flag that a document of an experiment names. */
export function flagOf(document: unknown): string | undefined {
  const flag = isObject(document) ? document["flag"] : undefined;
  return typeof flag === "string" ? flag : undefined;
}

/** The keys of the variations that a flag has though it can't be evaluated; none if it can't even be read. */
export function variationsIn({ document, isWellFormed }: Flaw): ReadonlySet<string> {
  const variations = isWellFormed && isObject(document) ? document["variations"] : undefined;
  return new Set(isObject(variations) ? Object.keys(variations) : []);
}

/** The version that a document tells, of one that can't be read otherwise. */
export function versionOf(document: unknown): number {
  const version = isObject(document) ? document["version"] : undefined;
  return Number.isInteger(version) ? (version as number) : 0;
}

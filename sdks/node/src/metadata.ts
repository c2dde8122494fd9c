/** The flag metadata of an answer: what the edge's answers have. */

import { unitKey } from "./engine/hashing.js";
import { at } from "./events/attributes.js";
import type { Note } from "./config.gen.js";
import type { Context } from "./engine/index.js";
import { BY_TIME, type Outcome } from "./outcome.js";

/** Flag metadata: texts, numbers and truth values by name. */
export type Metadata = Readonly<Record<string, Note>>;

/** Within ten seconds of a confirmation an answer is not said to be old. */
const FRESH_MS = 10_000;

/** What answers are told beside the flag. */
export interface Provenance {
  /** `project/environment`, undefined while nobody has said it. */
  readonly flagSetId: string | undefined;
  /** Milliseconds since the edge has confirmed the configuration; infinite without that. */
  readonly ageMs: number;
}

/** The metadata of an outcome for this context; nothing of an error, as from the edge. */
export function metadataOf(outcome: Outcome, context: Context, { flagSetId, ageMs }: Provenance): Metadata {
  if (outcome.failed) return {};
  const { decision, info } = outcome;
  const metadata: Record<string, Note> = { ...info?.metadata };
  if (info) metadata["version"] = String(info.version);
  if (flagSetId !== undefined) metadata["flagSetId"] = flagSetId;
  if (Number.isFinite(ageMs)) metadata["ageSeconds"] = ageMs < FRESH_MS ? 0 : Math.floor(ageMs / 1000);
  if (decision.experiment !== undefined) metadata["experiment"] = decision.experiment;
  if (info?.hasExperiments) metadata["experiments"] = decision.experiments.map(({ key, phase }) => `${key}:${phase}`).join();
  if (decision.prerequisite !== undefined) metadata["prerequisite"] = decision.prerequisite;
  if (decision.override) metadata["override"] = true;
  if (decision.split !== undefined) metadata["split"] = decision.split;
  if (info?.reportExposures || (outcome.exposes === BY_TIME && info?.experimentUnderWay(Date.now()))) metadata["reportExposures"] = true;
  if (decision.bucketBy !== undefined) {
    const unit = unitKey(at(context, Object.hasOwn(context, decision.bucketBy) ? [decision.bucketBy] : decision.bucketBy.split(".")));
    if (unit) metadata["unitKey"] = unit;
  }
  if (decision.applied.length > 0) metadata["overrides"] = decision.applied.join();
  if (decision.invalidCombination) metadata["invalid_combination"] = true;
  return metadata;
}

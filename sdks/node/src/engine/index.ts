/** The rule engine: plain data in, a decision out. No clock, no logger, no input or output. */

export { Decision, SPLIT_OF_DEFAULT, type ErrorCode, type ExperimentPhase, type Reason } from "./decision.js";
export { InvalidConfig } from "./errors.js";
export { FlagSet } from "./flagset.js";
export { parseJson, writeJson } from "./json_text.js";
export type {
  Change,
  ChunkKeys,
  Context,
  Defect,
  Explanation,
  FlagInfo,
  MissingChunk,
} from "./interface.js";
export type { Json, JsonObject } from "./json.js";
export { evaluateBatch, type BatchItem } from "./batch.js";

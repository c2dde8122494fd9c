/** `@feature-flag-platform/sdk`: flags, experiments and metrics for Node, evaluated in the process. */

export type { Bootstrap } from "./bootstrap.js";
export type { AnswerChange, AnswerListener, KeysListener, StateListener } from "./changes.js";
export { FeatureFlagClient, type Asked, type FlagObject, type Served } from "./client.js";
export type { Config } from "./config.gen.js";
export type { Mode } from "./configuration/follower.js";
export type { Source } from "./configuration/held.js";
export type { Detail, FlagValue, Reason } from "./detail.js";
export type { ExperimentPhase, Explanation } from "./engine/index.js";
export type { EventCounts } from "./events/reporting.js";
export type { Logger } from "./logger.js";
export type { Metadata } from "./metadata.js";
export type { Options, Paces } from "./options.js";
export type { ErrorCode } from "./outcome.js";
export type { State, Status } from "./status.js";
export type { Attributes, EvaluationContext, KeyedUser, User } from "./user.js";
export { VERSION } from "./version.js";

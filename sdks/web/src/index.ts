/** The SDK for browsers. */

export type { Change, Detail, Membership } from './answers.js';
export { FeatureFlagClient } from './client.js';
export type { EventCounts } from './events.js';
export type { Kind } from './kinds.js';
export type { KeptIn, Logger, Options } from './options.js';
export type { State, Status } from './status.js';
export type { User } from './users.js';

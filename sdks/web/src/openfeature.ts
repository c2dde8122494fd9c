/** The provider for OpenFeature's web SDK (and so for its React SDK), over a client. */

import type {
  EvaluationContext,
  EventHandler,
  JsonValue,
  Provider,
  ProviderEventEmitter,
  ProviderEmittableEvents,
  ResolutionDetails,
  TrackingEventDetails,
} from '@openfeature/web-sdk';
import type { Detail } from './answers.js';
import { FeatureFlagClient } from './client.js';
import type { Kind } from './kinds.js';
import type { Options } from './options.js';
import type { State } from './status.js';
import type { User } from './users.js';

type Emitter = ProviderEventEmitter<ProviderEmittableEvents>;
type EventName = Parameters<Emitter['emit']>[0];
type EventContext = Parameters<Emitter['emit']>[1];

const FATAL = 'PROVIDER_FATAL';
const [READY, ERROR, STALE, CHANGED] = [
  'PROVIDER_READY',
  'PROVIDER_ERROR',
  'PROVIDER_STALE',
  'PROVIDER_CONFIGURATION_CHANGED',
] as unknown as [EventName, EventName, EventName, EventName];

/** Answers OpenFeature's reads from a client; what is read through it is exposed as by the client. */
export class FeatureFlagProvider implements Provider {
  readonly metadata = { name: 'feature-flag-platform-web' } as const;
  readonly runsOn = 'client';
  readonly events: Emitter = new Handlers();
  readonly client: FeatureFlagClient;
  #reconciling = 0;
  #failed = false;
  #endings: (() => void)[] = [];

  /** Takes a client that is there, or makes one. OpenFeature's context is the user; without one it is the client's. */
  constructor(client: FeatureFlagClient | Options) {
    this.client = client instanceof FeatureFlagClient ? client : new FeatureFlagClient(client);
  }

  /** Done when there are answers for the context; fails when there are none in time, for good when the key is refused. */
  async initialize(context: EvaluationContext = {}): Promise<void> {
    this.#endings.push(
      this.client.onChange((changes) => {
        const flagsChanged = changes.map((change) => change.flag);
        if (this.#reconciling) return;
        if (this.#failed) this.events.emit(READY);
        this.#failed = false;
        this.events.emit(CHANGED, { flagsChanged });
      }),
      this.client.onState((state) => this.#heard(state)),
    );
    await this.#reconciled(Object.keys(context).length ? this.client.identify(context as User) : this.client.ready());
  }

  async onContextChange(_before: EvaluationContext, context: EvaluationContext): Promise<void> {
    await this.#reconciled(this.client.identify(context as User));
  }

  /** Sends what is queued, and ends the client. */
  async onClose(): Promise<void> {
    this.#endings.splice(0).forEach((end) => end());
    await this.client.close();
  }

  resolveBooleanEvaluation(flag: string, fallback: boolean): ResolutionDetails<boolean> {
    return this.#resolved(flag, fallback, 'boolean');
  }

  resolveStringEvaluation(flag: string, fallback: string): ResolutionDetails<string> {
    return this.#resolved(flag, fallback, 'string');
  }

  resolveNumberEvaluation(flag: string, fallback: number): ResolutionDetails<number> {
    return this.#resolved(flag, fallback, 'number');
  }

  resolveObjectEvaluation<T extends JsonValue>(flag: string, fallback: T): ResolutionDetails<T> {
    return this.#resolved(flag, fallback, 'object');
  }

  /** A metric event: `value` of the details is its value, the rest its properties. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    const { value, ...properties } = details;
    const user = Object.keys(context).length ? (context as User) : undefined;
    this.client.trackMetric(name, value, user, Object.keys(properties).length ? properties : undefined);
  }

  #resolved<T>(flag: string, fallback: T, kind: Kind): ResolutionDetails<T> {
    const detail = this.client.detailSync<T>(flag, undefined, fallback, kind) as Detail<T>;
    const contextId = this.client.userKey;
    return {
      value: detail.value,
      reason: detail.reason,
      ...(detail.variant === null ? {} : { variant: detail.variant }),
      ...(detail.errorCode === undefined ? {} : { errorCode: detail.errorCode, errorMessage: detail.errorMessage }),
      flagMetadata: { ...detail.metadata, ...(contextId === undefined ? {} : { contextId }) },
    } as ResolutionDetails<T>;
  }

  async #reconciled(answered: Promise<boolean>): Promise<void> {
    this.#reconciling += 1;
    const isReady = await answered;
    this.#reconciling -= 1;
    this.#failed = !isReady;
    if (isReady) return;
    const { state, lastError } = this.client.status();
    const code = state === 'refused' ? this.#refusal : 'PROVIDER_NOT_READY';
    throw Object.assign(new Error(lastError ?? 'there are no answers for this user yet'), { code });
  }

  /** OpenFeature asks a provider that is fatal no more; what is held goes on to be served. */
  get #refusal(): string {
    return this.client.status().source === 'none' ? FATAL : 'GENERAL';
  }

  #heard(state: State): void {
    if (state === 'ready' && !this.#reconciling) this.events.emit(READY);
    if (state === 'stale') this.events.emit(STALE, { message: 'the edge has confirmed nothing for a minute' });
    if (state === 'refused') {
      const message = this.client.status().lastError ?? 'the SDK key is refused';
      this.events.emit(ERROR, { message, errorCode: this.#refusal } as EventContext);
    }
  }
}

/** OpenFeature's emitter of events, without its code. */
class Handlers implements Emitter {
  #handlers = new Map<string, EventHandler[]>();

  emit(event: EventName, context?: EventContext): void {
    for (const handler of this.getHandlers(event)) void handler(context as Parameters<EventHandler>[0]);
  }

  addHandler(event: string, handler: EventHandler): void {
    this.#handlers.set(event, [...this.getHandlers(event), handler]);
  }

  removeHandler(event: string, handler: EventHandler): void {
    const left = this.getHandlers(event).filter((each) => each !== handler);
    this.#handlers.set(event, left);
  }

  removeAllHandlers(event?: string): void {
    if (event === undefined) this.#handlers.clear();
    else this.#handlers.delete(event);
  }

  getHandlers(event: string): EventHandler[] {
    return this.#handlers.get(event) ?? [];
  }

  setLogger(): this {
    return this;
  }
}

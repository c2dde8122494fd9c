/** `@feature-flag-platform/sdk/openfeature`: a provider for OpenFeature's server SDK. */

import {
  OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderFatalError,
  ProviderNotReadyError,
  type ErrorCode,
  type EvaluationContext,
  type Provider,
  type TrackingEventDetails,
} from "@openfeature/server-sdk";

import { FeatureFlagClient, type Asked } from "./client.js";
import type { Detail } from "./detail.js";
import { Resolver, userOf } from "./openfeature/resolution.js";
import type { Options } from "./options.js";
import type { State } from "./status.js";
import type { Attributes, User } from "./user.js";

export { PROVIDER_NAME } from "./openfeature/resolution.js";

/** Evaluates, reports exposures and tracks through a client, which closes with it. */
export class FeatureFlagProvider extends Resolver implements Provider {
  readonly events = new OpenFeatureEventEmitter();
  readonly client: FeatureFlagClient;
  /** OpenFeature has been told how the start went, and wants events from now on. */
  #begun = false;

  /** `client`: one that is there, or the options of one. Throws TypeError for options that can't be what they are. */
  constructor(client: FeatureFlagClient | Options) {
    super();
    this.client = client instanceof FeatureFlagClient ? client : new FeatureFlagClient(client);
    this.client.onState((state, message) => this.#state(state, message));
    this.client.onChange((flags) => {
      if (this.#begun) this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...flags] });
    });
  }

  /** Waits for a configuration. Rejects when there is none in time, and for a key that is refused. */
  async initialize(): Promise<void> {
    const ready = await this.client.ready();
    this.#begun = true;
    const { state, lastError } = this.client.status();
    if (ready) return;
    if (state === "refused") throw new ProviderFatalError(lastError);
    throw new ProviderNotReadyError(`no configuration yet${lastError === undefined ? "" : `: ${lastError}`}`);
  }

  async onClose(): Promise<void> {
    await this.client.close();
  }

  /** A metric event: `value` is its value, the rest its properties. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    const { value, ...properties } = details;
    void this.client.trackMetric(name, value, userOf(context), properties as Attributes);
  }

  protected override detail(flag: string, user: User, otherwise: unknown, asked: Asked): Promise<Detail<unknown>> {
    return this.client.detail(flag, user, otherwise, asked);
  }

  #state(state: State, message: string | undefined): void {
    if (!this.#begun) return;
    if (state === "ready") this.events.emit(ProviderEvents.Ready);
    else if (state === "stale") this.events.emit(ProviderEvents.Stale, { message: "nothing was confirmed for 60 s" });
    else if (state === "refused") this.events.emit(ProviderEvents.Error, { message: message ?? "", errorCode: this.#refusal });
  }

  /** OpenFeature serves nothing but defaults after a fatal error; what is held is worth more. */
  get #refusal(): ErrorCode {
    return (this.client.status().version === undefined ? "PROVIDER_FATAL" : "GENERAL") as ErrorCode;
  }
}

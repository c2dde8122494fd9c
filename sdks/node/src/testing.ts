/** `@feature-flag-platform/sdk/testing`: flags for tests, decided by the same engine without an edge. */

import {
  OpenFeatureEventEmitter,
  ProviderEvents,
  type EvaluationContext,
  type Provider,
  type TrackingEventDetails,
} from "@openfeature/server-sdk";

import type { Asked } from "./client.js";
import { FeatureFlagClient } from "./client.js";
import type { Config, Flag, Json, RemoteConfig, Value } from "./config.gen.js";
import type { Detail } from "./detail.js";
import { Resolver } from "./openfeature/resolution.js";
import { conditionOf, newConfig, newFlag, overrideOf, splitOf, type When } from "./testing/rules.js";
import type { User } from "./user.js";

export type { Wanted, When } from "./testing/rules.js";

/** What was tracked. */
export interface Tracked {
  readonly name: string;
  readonly context: EvaluationContext;
  readonly details: TrackingEventDetails;
}

/** What makes a flag. */
export interface FlagSaid {
  /** Absent: true. */
  readonly on?: boolean;
  /** Values by variation; absent: `on` is true, `off` is false. Their type is the flag's. */
  readonly variations?: Readonly<Record<string, Value>>;
}

const SWITCH = { on: true, off: false };

/**
 * A provider whose flags are said fluently. `serve`, `split`, `target` and `otherwise` are about the flag that was named
 * last.
 *
 *     new InMemoryProvider().flag("new-checkout", { on: true }).serve("on", { country: "NO" }).otherwise("off")
 */
export class InMemoryProvider extends Resolver implements Provider {
  readonly events = new OpenFeatureEventEmitter();
  /** What was tracked, oldest first. */
  readonly tracked: Tracked[] = [];
  readonly #flags = new Map<string, Flag>();
  readonly #configs = new Map<string, RemoteConfig>();
  #last: Flag | undefined;
  #lastConfig: RemoteConfig | undefined;
  #version = 0;
  #client: FeatureFlagClient | undefined;

  /** Begins a flag, anew where one has this key. It serves `on`, or its first variation, until something else is said. */
  flag(key: string, { on = true, variations = SWITCH }: FlagSaid = {}): this {
    this.#last = newFlag(key, on, variations);
    this.#flags.set(key, this.#last);
    return this.#changed(key);
  }

  /** Serves a variation to whom the condition matches; of several the first one decides. Without one: to everybody else. */
  serve(variation: string, when?: When): this {
    if (when === undefined) return this.otherwise(variation);
    const flag = this.#flag;
    (flag.rules ??= []).push({ if: conditionOf(when), then: { variation } });
    return this.#changed(flag.key);
  }

  /** Serves a variation to these targeting keys, before all rules. */
  target(variation: string, ...keys: readonly string[]): this {
    const flag = this.#flag;
    for (const key of keys) (flag.targets ??= []).push({ key, variation });
    return this.#changed(flag.key);
  }

  /** Splits whom the condition matches, or everybody else, by percent. */
  split(shares: Readonly<Record<string, number>>, when?: When, bucketBy?: string): this {
    const flag = this.#flag;
    const then = splitOf(shares, bucketBy);
    if (when === undefined) flag.default = then;
    else (flag.rules ??= []).push({ if: conditionOf(when), then });
    return this.#changed(flag.key);
  }

  /** Serves a variation to everybody else. */
  otherwise(variation: string): this {
    const flag = this.#flag;
    flag.default = { variation };
    return this.#changed(flag.key);
  }

  /** Begins a remote config. */
  config(key: string, value: Readonly<Record<string, Json>>): this {
    this.#lastConfig = newConfig(key, value);
    this.#configs.set(key, this.#lastConfig);
    return this.#changed(key);
  }

  /** Puts a patch on the remote config that was named last, for whom the condition matches. */
  override(value: Readonly<Record<string, Json>>, when: When): this {
    const config = this.#lastConfig;
    if (!config) throw new TypeError("override: say config(…) first");
    (config.overrides ??= []).push(overrideOf(value, when));
    return this.#changed(config.key);
  }

  /** Takes a flag or remote config away. */
  remove(key: string): this {
    this.#flags.delete(key);
    this.#configs.delete(key);
    return this.#changed(key);
  }

  /** A client over what was said until now, for code that uses the SDK itself. */
  client(): FeatureFlagClient {
    return new FeatureFlagClient({ envKey: "in-memory", endpoint: [], offline: true, bootstrap: this.document() });
  }

  /** The config document of what was said until now. */
  document(): Config {
    return {
      salt: "in-memory",
      version: this.#version,
      flags: Object.fromEntries(this.#flags),
      remote_configs: Object.fromEntries(this.#configs),
    };
  }

  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    this.tracked.push({ name, context, details });
  }

  async onClose(): Promise<void> {
    await this.#client?.close();
  }

  protected override detail(flag: string, user: User, otherwise: unknown, asked: Asked): Promise<Detail<unknown>> {
    this.#client ??= this.client();
    return this.#client.detail(flag, user, otherwise, asked);
  }

  get #flag(): Flag {
    if (!this.#last) throw new TypeError("say flag(…) first");
    return this.#last;
  }

  #changed(key: string): this {
    this.#version += 1;
    void this.#client?.close();
    this.#client = undefined;
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [key] });
    return this;
  }
}

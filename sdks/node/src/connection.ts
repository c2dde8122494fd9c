/** All that ties a client to an edge and an ingestor: one composition, started and closed as one. */

import { Endpoints } from "./configuration/endpoints.js";
import { Environment } from "./configuration/environment.js";
import { Follower, pausesOf, type Mode } from "./configuration/follower.js";
import { Held } from "./configuration/held.js";
import { Intake } from "./configuration/intake.js";
import { Keeper } from "./configuration/keeper.js";
import { EdgeReader } from "./configuration/reader.js";
import { readStart } from "./configuration/start.js";
import { Store } from "./configuration/store.js";
import { Reporting } from "./events/reporting.js";
import type { Refusal } from "./http/faults.js";
import { Transport } from "./http/transport.js";
import type { OnceLogger } from "./logger.js";
import type { Settings } from "./options.js";
import { States } from "./states.js";
import type { State, Status } from "./status.js";
import { later } from "./timers.js";
import { VERSION } from "./version.js";

/** What the environment says is waited for so long before the first configuration is taken. */
const ENVIRONMENT_MS = 1_000;

/** Follows the configuration, and reports; offline it does neither. */
export class Connection {
  readonly held: Held;
  readonly reporting: Reporting;
  readonly states: States;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #endpoints: Endpoints;
  readonly #environment: Environment;
  readonly #follower: Follower;
  readonly #keeper: Keeper | undefined;
  #held: () => void = () => undefined;
  /** Resolves when a configuration is held, or none will ever be. */
  readonly begun = new Promise<void>((resolve) => (this.#held = resolve));

  constructor(settings: Settings, once: OnceLogger, stateChanged: (state: State, message: string | undefined) => void) {
    this.#settings = settings;
    this.held = new Held(once);
    const store = storeOf(settings);
    const named = readStart(this.held, settings, store);
    const pauses = pausesOf(settings.retryFirstMs);
    this.#transport = new Transport({
      Authorization: `Bearer ${settings.envKey}`,
      "User-Agent": `feature-flag-platform-node/${VERSION}`,
      "Verdict-SDK": `node/${VERSION}`,
    });
    this.#endpoints = new Endpoints(settings.endpoints);
    const reader = new EdgeReader(this.#transport, this.#endpoints);
    const refused = (refusal: Refusal): void => this.#refused(refusal);
    this.#environment = new Environment(reader, pauses, refused);
    this.#keeper = store && !settings.offline ? new Keeper(store, once, named) : undefined;
    const intake = new Intake(this.held, reader, this.#keeper, () => this.#environmentSaid());
    this.#follower = new Follower({
      reader,
      endpoints: this.#endpoints,
      intake,
      polling: settings.polling,
      pollMs: settings.pollMs,
      pauses,
      silenceMs: settings.silenceMs,
      logger: settings.logger,
      refused,
    });
    this.reporting = new Reporting({
      settings,
      transport: this.#transport,
      address: () => this.#eventsAddress(),
      exposureAttributes: () => this.#environment.info?.exposureAttributes ?? [],
      once,
    });
    this.states = new States(this.held, settings.offline, stateChanged);
    this.held.onTaken(() => this.#taken());
    this.held.onConfirmed(() => this.states.look());
    if (this.held.flags) this.#held();
  }

  start(): void {
    if (this.#settings.offline) {
      this.#held();
      return;
    }
    this.#environment.start();
    this.#follower.start();
  }

  /** Sends what is queued for `ms` at most, then ends streams and timers. What is held stays. */
  async close(ms: number): Promise<boolean> {
    this.states.end("closed");
    this.#follower.close();
    this.#held();
    const all = await this.reporting.close(ms);
    this.#environment.close();
    this.#transport.close();
    await this.#keeper?.close();
    return all;
  }

  /** `project/environment`, as soon as the edge has said it. */
  get flagSetId(): string | undefined {
    return this.#environment.info?.flagSetId;
  }

  get status(): Status {
    return {
      state: this.states.state,
      version: this.held.flags?.version,
      since: this.states.since,
      confirmedAt: this.held.confirmedAt,
      source: this.held.source,
      mode: this.mode,
      endpoint: this.#endpoints.current,
      lastError: this.#follower.lastError,
      events: this.reporting.counts,
    };
  }

  get mode(): Mode {
    return this.#follower.mode;
  }

  #taken(): void {
    this.states.look();
    this.#held();
  }

  #refused(refusal: Refusal): void {
    if (this.states.state === "refused" || this.states.state === "closed") return;
    this.#settings.logger.error(refusal.message);
    this.#follower.close();
    this.#follower.lastError = refusal.message;
    this.#environment.close();
    this.reporting.refuse();
    this.states.end("refused", refusal.message);
    this.#held();
  }

  async #eventsAddress(): Promise<string> {
    const { eventsEndpoint } = this.#settings;
    if (eventsEndpoint !== undefined) return eventsEndpoint;
    await this.#environment.attempted;
    return this.#environment.info?.eventsUrl ?? this.#endpoints.current;
  }

  /** So that the first exposures carry the attributes that the environment wants. */
  #environmentSaid(): Promise<void> {
    const { attempted } = this.#environment;
    return Promise.race([attempted, new Promise<void>((resolve) => later(ENVIRONMENT_MS, resolve))]);
  }
}

/** A folder that can't be made costs the store, never the application's start. */
function storeOf(settings: Settings): Store | undefined {
  if (settings.store === undefined) return undefined;
  try {
    return new Store(settings.store, settings.envKey);
  } catch (error) {
    settings.logger.error(`the store can't be used: ${(error as Error).message}`);
    return undefined;
  }
}

/** The client: evaluates in the process, by a configuration that it follows. */

import { bootstrapOf, type Bootstrap } from "./bootstrap.js";
import { Listeners, type AnswerListener, type KeysListener, type StateListener } from "./changes.js";
import type { FlagType } from "./config.gen.js";
import { Connection } from "./connection.js";
import type { Detail, FlagValue } from "./detail.js";
import type { Explanation } from "./engine/index.js";
import { Evaluator } from "./evaluator.js";
import { OnceLogger } from "./logger.js";
import { settingsOf, type Options, type Paces, type Settings } from "./options.js";
import { ANY, BIGINT, BOOLEAN, INTEGER, NUMBER, OBJECT, STRING } from "./outcome.js";
import type { Status } from "./status.js";
import { within } from "./timers.js";
import type { Attributes, User } from "./user.js";

const CLOSE_SECONDS = 5;

/** The type that a default asks for: of `"blue"` any text. */
export type Served<T> = T extends boolean ? boolean : T extends string ? string : T extends number ? number : T extends bigint ? bigint : T;

/** A type to ask for. */
export type Asked = FlagType | "any";

/** An object that a flag may serve. */
export type FlagObject = { readonly [name: string]: FlagValue } | readonly FlagValue[];

/**
 * Evaluates flags for users.
 *
 * Nothing throws but the constructor, for options that can't be what they are. An evaluation that fails serves the
 * default. Those that return a promise wait once, `startWait` seconds at most, for the first configuration; their twins
 * (`…Sync`) never wait. Nothing keeps a process alive; call `close` before `process.exit()`.
 */
export class FeatureFlagClient {
  readonly #settings: Settings;
  readonly #evaluator: Evaluator;
  readonly #connection: Connection;
  readonly #listeners: Listeners;
  /** Does the first asynchronous evaluation still have to wait? */
  #starting: boolean;
  #waiting: Promise<void> | undefined;
  #closing: Promise<boolean> | undefined;

  /** `paces` are for tests. Throws TypeError for an option that can't be what it is. */
  constructor(options: Options, paces: Paces = {}) {
    this.#settings = settingsOf(options, paces);
    const once = new OnceLogger(this.#settings.logger);
    this.#listeners = new Listeners(
      this.#settings.logger,
      () => this.#connection.held.flags,
      (flags, flag, user) => this.#evaluator.look(flags, flag, user),
    );
    this.#connection = new Connection(this.#settings, once, (state, message) => this.#listeners.state(state, message));
    const { held, reporting } = this.#connection;
    this.#evaluator = new Evaluator({ held, reporting, once, flagSetId: () => this.#connection.flagSetId });
    held.onTaken((before, after) => this.#listeners.taken(before, after));
    this.#connection.start();
    this.#starting = !held.flags && this.#settings.startWaitMs > 0 && !this.#settings.offline;
  }

  /** The boolean flag's value; false when it can't be told. */
  async isEnabled(flag: string, user: User): Promise<boolean> {
    if (this.#starting) await this.#started();
    return this.isEnabledSync(flag, user);
  }

  isEnabledSync(flag: string, user: User): boolean {
    return this.booleanSync(flag, user, false);
  }

  /** The value, of the default's type; without a default, of any type, and undefined when it can't be told. */
  variation(flag: string, user: User): Promise<FlagValue | undefined>;
  variation<T>(flag: string, user: User, otherwise: T): Promise<Served<T>>;
  async variation(flag: string, user: User, otherwise?: unknown): Promise<unknown> {
    if (this.#starting) await this.#started();
    return this.#value(flag, user, wantedBy(otherwise), otherwise);
  }

  variationSync(flag: string, user: User): FlagValue | undefined;
  variationSync<T>(flag: string, user: User, otherwise: T): Served<T>;
  variationSync(flag: string, user: User, otherwise?: unknown): unknown {
    return this.#value(flag, user, wantedBy(otherwise), otherwise);
  }

  async boolean(flag: string, user: User, otherwise: boolean): Promise<boolean> {
    if (this.#starting) await this.#started();
    return this.booleanSync(flag, user, otherwise);
  }

  booleanSync(flag: string, user: User, otherwise: boolean): boolean {
    return this.#value(flag, user, BOOLEAN, otherwise);
  }

  async string(flag: string, user: User, otherwise: string): Promise<string> {
    if (this.#starting) await this.#started();
    return this.stringSync(flag, user, otherwise);
  }

  stringSync(flag: string, user: User, otherwise: string): string {
    return this.#value(flag, user, STRING, otherwise);
  }

  /** With a `bigint` as default the integer is a `bigint`. */
  integer<T extends number | bigint>(flag: string, user: User, otherwise: T): Promise<Served<T>>;
  async integer(flag: string, user: User, otherwise: number | bigint): Promise<unknown> {
    if (this.#starting) await this.#started();
    return this.integerSync(flag, user, otherwise);
  }

  integerSync<T extends number | bigint>(flag: string, user: User, otherwise: T): Served<T>;
  integerSync(flag: string, user: User, otherwise: number | bigint): unknown {
    return this.#value(flag, user, typeof otherwise === "bigint" ? BIGINT : INTEGER, otherwise);
  }

  async number(flag: string, user: User, otherwise: number): Promise<number> {
    if (this.#starting) await this.#started();
    return this.numberSync(flag, user, otherwise);
  }

  numberSync(flag: string, user: User, otherwise: number): number {
    return this.#value(flag, user, NUMBER, otherwise);
  }

  /** The object is frozen. */
  async object<T extends FlagObject>(flag: string, user: User, otherwise: T): Promise<T> {
    if (this.#starting) await this.#started();
    return this.objectSync(flag, user, otherwise);
  }

  objectSync<T extends FlagObject>(flag: string, user: User, otherwise: T): T {
    return this.#value(flag, user, OBJECT, otherwise);
  }

  /** The value with all that is known of it. `asked` says the type where the default doesn't, as of an integer. */
  detail(flag: string, user: User): Promise<Detail<FlagValue | undefined>>;
  detail<T>(flag: string, user: User, otherwise: T, asked?: Asked): Promise<Detail<Served<T>>>;
  async detail(flag: string, user: User, otherwise?: unknown, asked?: Asked): Promise<Detail<unknown>> {
    if (this.#starting) await this.#started();
    return this.#detail(flag, user, wantedBy(otherwise, asked), otherwise);
  }

  detailSync(flag: string, user: User): Detail<FlagValue | undefined>;
  detailSync<T>(flag: string, user: User, otherwise: T, asked?: Asked): Detail<Served<T>>;
  detailSync(flag: string, user: User, otherwise?: unknown, asked?: Asked): Detail<unknown> {
    return this.#detail(flag, user, wantedBy(otherwise, asked), otherwise);
  }

  /** By key, the detail of each flag and remote config. No exposure. */
  async allFlags(user: User): Promise<Map<string, Detail>> {
    if (this.#starting) await this.#started();
    return this.allFlagsSync(user);
  }

  allFlagsSync(user: User): Map<string, Detail> {
    return this.#evaluator.all(user, ANY);
  }

  /** What the browser SDK of this user's page begins with (its option `bootstrap`): the answers of client-visible flags. No
   * exposure: the page reports what it reads. */
  async bootstrapFor(user: User): Promise<Bootstrap> {
    if (this.#starting) await this.#started();
    return this.bootstrapForSync(user);
  }

  bootstrapForSync(user: User): Bootstrap {
    return bootstrapOf(this.allFlagsSync(user), (key) => this.#evaluator.info(key), this.#connection.held.flags?.version ?? 0);
  }

  /** A remote config's object, frozen. */
  async config<T extends FlagObject>(key: string, user: User, otherwise: T): Promise<T> {
    if (this.#starting) await this.#started();
    return this.configSync(key, user, otherwise);
  }

  configSync<T extends FlagObject>(key: string, user: User, otherwise: T): T {
    const outcome = this.#evaluator.config(key, user, OBJECT);
    return outcome.failed ? otherwise : (outcome.value as unknown as T);
  }

  /** The decision with its trace, as the edge gives it; undefined while nothing is held. */
  async explain(flag: string, user: User): Promise<Explanation | undefined> {
    if (this.#starting) await this.#started();
    return this.explainSync(flag, user);
  }

  explainSync(flag: string, user: User): Explanation | undefined {
    return this.#evaluator.explain(flag, user);
  }

  /** Queues a metric event; its value is a finite number, or absent. The promise says that it is queued, never waits. */
  async trackMetric(name: string, value: number | bigint | undefined, user: User, properties: Attributes = {}): Promise<void> {
    this.#connection.reporting.measured(name, value, user, properties);
  }

  /** Evaluates, and queues an exposure, whatever `exposures` says but `off`. */
  async trackExposure(flag: string, user: User): Promise<void> {
    if (this.#starting) await this.#started();
    this.#evaluator.expose(flag, user, ANY);
  }

  /** Sends what is queued; true when nothing is left after `timeout` seconds at most. */
  flush(timeout = CLOSE_SECONDS): Promise<boolean> {
    return this.#connection.reporting.flush(timeout * 1000);
  }

  /** Sends what is queued, for `timeout` seconds at most, and ends all that runs. Evaluations go on with what is held. */
  async close(timeout = CLOSE_SECONDS): Promise<boolean> {
    this.#starting = false;
    this.#listeners.rest();
    this.#closing ??= this.#connection.close(timeout * 1000);
    return this.#closing;
  }

  /** Waits `timeout` seconds at most (default: `startWait`); true when there is a configuration. */
  async ready(timeout = this.#settings.startWaitMs / 1000): Promise<boolean> {
    if (!this.#connection.held.flags) await within(timeout * 1000, this.#connection.begun, undefined);
    return this.#connection.held.flags !== undefined;
  }

  /**
   * Calls the listener with the keys of flags whose answers may differ for somebody, of all flags or of one; where a user is
   * named, for each flag that serves this user another value, variant or reason, with both. Gives a function that ends it.
   */
  onChange(listener: AnswerListener, flag: string | undefined, user: User): () => void;
  onChange(listener: KeysListener, flag?: string): () => void;
  onChange(listener: KeysListener | AnswerListener, flag?: string, user?: User): () => void {
    if (user === undefined) return this.#listeners.onKeys(listener as KeysListener, flag);
    return this.#listeners.onAnswers(listener as AnswerListener, flag, user);
  }

  /** Calls the listener with each new state, and what is wrong. Gives a function that ends it. */
  onState(listener: StateListener): () => void {
    return this.#listeners.onState(listener);
  }

  status(): Status {
    return this.#connection.status;
  }

  /** Whoever asks first waits; those who ask meanwhile wait with it, and nobody afterwards. */
  async #started(): Promise<void> {
    await (this.#waiting ??= within(this.#settings.startWaitMs, this.#connection.begun, undefined));
    this.#starting = false;
  }

  #value<T>(flag: string, user: User, wanted: number, otherwise: T): T {
    const outcome = this.#evaluator.outcome(flag, user, wanted);
    return outcome.failed ? otherwise : (servedAs(outcome.value, wanted) as T);
  }

  #detail<T>(flag: string, user: User, wanted: number, otherwise: T): Detail<T> {
    const detail = this.#evaluator.detail(flag, user, wanted, otherwise);
    return wanted === BIGINT ? { ...detail, value: servedAs(detail.value as FlagValue, wanted) as T } : detail;
  }
}

/** Whoever asks with a `bigint` gets one. */
function servedAs(value: FlagValue, wanted: number): FlagValue {
  return wanted === BIGINT && typeof value === "number" ? BigInt(value) : value;
}

const WANTED = new Map<Asked, number>([
  ["boolean", BOOLEAN],
  ["string", STRING],
  ["integer", INTEGER],
  ["number", NUMBER],
  ["object", OBJECT],
  ["any", ANY],
]);

/** What a default asks for, or the type that is said; 0: no flag serves it. */
function wantedBy(otherwise: unknown, asked?: Asked): number {
  if (asked !== undefined && !(asked === "integer" && typeof otherwise === "bigint")) return WANTED.get(asked) ?? 0;
  switch (typeof otherwise) {
    case "boolean":
      return BOOLEAN;
    case "string":
      return STRING;
    case "number":
      return NUMBER;
    case "bigint":
      return BIGINT;
    case "undefined":
      return ANY;
    case "object":
      return otherwise === null ? ANY : OBJECT;
    default:
      return 0;
  }
}

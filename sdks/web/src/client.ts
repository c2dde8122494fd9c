/** The client of a page: reads what it holds without waiting, reports what was read, and hears of changes. */

import { failed, type Change, type Detail } from './answers.js';
import type { Held } from './asking.js';
import { Core } from './core.js';
import { kindOf, typed, type Kind } from './kinds.js';
import type { Options } from './options.js';
import type { State, Status } from './status.js';
import { within } from './time.js';
import type { User } from './users.js';

const CLOSE_SECONDS = 5;

type Widened<T> = T extends boolean ? boolean : T extends string ? string : T extends number ? number : T;
type Properties = Readonly<Record<string, unknown>>;

/**
 * All flags for the user of a page. Reads ending in `Sync` answer at once from what is held; the others wait for the first
 * answers, at most `startWait`. A read that names a user is that user's: the `Sync` ones need `identify` before, the others do
 * it themselves. None raises: what can't be told is the default, with reason `ERROR` and a code.
 */
export class FeatureFlagClient {
  readonly #core: Core;
  #turn: Promise<unknown> = Promise.resolve();

  /** Raises TypeError when `envKey` or `endpoint` is missing. */
  constructor(options: Options) {
    this.#core = new Core(options);
  }

  /** Says who is on the page from now on; done when there are answers for them, or `startWait` is over: then true or false. */
  async identify(user: User | null): Promise<boolean> {
    return (await this.#core.asking.identify(this.#core.contextOf(user))) !== undefined;
  }

  /** Waits for answers; true when there are any. */
  async ready(timeoutSeconds?: number): Promise<boolean> {
    const { asking, settings } = this.#core;
    const limit = timeoutSeconds === undefined ? settings.startWaitMs : timeoutSeconds * 1000;
    return (asking.held ?? (await within(asking.settled, limit)) ?? asking.held) !== undefined;
  }

  /** The boolean flag's value, false when it can't be told. */
  isEnabledSync(flag: string, user?: User): boolean {
    return this.#sync(flag, user, false, 'boolean').value;
  }

  /** The value, of the default's type; without a default of any. */
  variationSync<T = unknown>(flag: string, user?: User, fallback?: T): Widened<T> {
    return this.#sync(flag, user, fallback, kindOf(fallback)).value as Widened<T>;
  }

  booleanSync(flag: string, user: User | undefined, fallback: boolean): boolean {
    return this.#sync(flag, user, fallback, 'boolean').value;
  }

  stringSync(flag: string, user: User | undefined, fallback: string): string {
    return this.#sync(flag, user, fallback, 'string').value;
  }

  /** With a `bigint` as the default the integer is one, and exact to 64 bits. */
  integerSync<T extends number | bigint>(flag: string, user: User | undefined, fallback: T): Whole<T> {
    return this.#sync(flag, user, fallback, 'integer').value as Whole<T>;
  }

  numberSync(flag: string, user: User | undefined, fallback: number): number {
    return this.#sync(flag, user, fallback, 'number').value;
  }

  objectSync<T extends object>(flag: string, user: User | undefined, fallback: T): T {
    return this.#sync(flag, user, fallback, 'object').value;
  }

  /** The value with all that there is to know of it. */
  detailSync<T = unknown>(flag: string, user?: User, fallback?: T, kind: Kind = kindOf(fallback)): Detail<Widened<T>> {
    return this.#sync(flag, user, fallback, kind) as Detail<Widened<T>>;
  }

  /** The details of all flags and remote configs by their keys; reports nothing. */
  allFlagsSync(user?: User): Map<string, Detail> {
    return new Map(this.#heldFor(user)?.answers.flags);
  }

  /** A remote config's object. */
  configSync<T extends object>(key: string, user: User | undefined, fallback: T): T {
    return this.objectSync(key, user, fallback);
  }

  async isEnabled(flag: string, user?: User): Promise<boolean> {
    return (await this.#async(flag, user, false, 'boolean')).value;
  }

  async variation<T = unknown>(flag: string, user?: User, fallback?: T): Promise<Widened<T>> {
    return (await this.#async(flag, user, fallback, kindOf(fallback))).value as Widened<T>;
  }

  async boolean(flag: string, user: User | undefined, fallback: boolean): Promise<boolean> {
    return (await this.#async(flag, user, fallback, 'boolean')).value;
  }

  async string(flag: string, user: User | undefined, fallback: string): Promise<string> {
    return (await this.#async(flag, user, fallback, 'string')).value;
  }

  async integer<T extends number | bigint>(flag: string, user: User | undefined, fallback: T): Promise<Whole<T>> {
    return (await this.#async(flag, user, fallback, 'integer')).value as Whole<T>;
  }

  async number(flag: string, user: User | undefined, fallback: number): Promise<number> {
    return (await this.#async(flag, user, fallback, 'number')).value;
  }

  async object<T extends object>(flag: string, user: User | undefined, fallback: T): Promise<T> {
    return (await this.#async(flag, user, fallback, 'object')).value;
  }

  async detail<T = unknown>(
    flag: string,
    user?: User,
    fallback?: T,
    kind: Kind = kindOf(fallback),
  ): Promise<Detail<Widened<T>>> {
    return (await this.#async(flag, user, fallback, kind)) as Detail<Widened<T>>;
  }

  async allFlags(user?: User): Promise<Map<string, Detail>> {
    return new Map((await this.#settledFor(user))?.answers.flags);
  }

  async config<T extends object>(key: string, user: User | undefined, fallback: T): Promise<T> {
    return this.object(key, user, fallback);
  }

  /** Queues a metric event of the user; without a value it only counts. */
  trackMetric(name: string, value?: number, user?: User, properties?: Properties): void {
    const { asking, reporting } = this.#core;
    reporting.metric(user === undefined ? asking.user : this.#core.contextOf(user), name, value, properties);
  }

  /** Queues an exposure of what the user is served, also where the flag doesn't ask for it. */
  trackExposure(flag: string, user?: User): void {
    const held = this.#heldFor(user);
    const answer = held?.answers.flags.get(flag);
    if (held && answer) this.#core.reporting.expose(held.context, answer, true);
  }

  /** Sends what is queued; true when nothing is left. */
  flush(timeoutSeconds: number = CLOSE_SECONDS): Promise<boolean> {
    return this.#core.flush(timeoutSeconds * 1000);
  }

  /** Sends what is queued and ends everything; reads go on with what is held. True when nothing is left. */
  close(timeoutSeconds: number = CLOSE_SECONDS): Promise<boolean> {
    return this.#core.close(timeoutSeconds * 1000);
  }

  /** Calls the listener with the changes of one flag, or of all: another value, variant or reason for the user. Gives the
   * function that ends it. */
  onChange(listener: (changes: readonly Change[]) => void, flag?: string): () => void {
    return this.#core.onChange((changes) => {
      const wanted = flag === undefined ? changes : changes.filter((change) => change.flag === flag);
      if (wanted.length) listener(wanted);
    });
  }

  /** Calls the listener with each new state. */
  onState(listener: (state: State) => void): () => void {
    return this.#core.onState(listener);
  }

  /** The key of the user of the page, as events name it; undefined for nobody. */
  get userKey(): string | undefined {
    return this.#core.asking.user.key;
  }

  status(): Status {
    return this.#core.status();
  }

  #sync<T>(flag: string, user: User | undefined, fallback: T, kind: Kind): Detail<T> {
    return this.#read(this.#heldFor(user), flag, fallback, kind, user !== undefined && !this.#isUser(user));
  }

  async #async<T>(flag: string, user: User | undefined, fallback: T, kind: Kind): Promise<Detail<T>> {
    return this.#read(await this.#settledFor(user), flag, fallback, kind, false);
  }

  #read<T>(held: Held | undefined, flag: string, fallback: T, kind: Kind, isAnother: boolean): Detail<T> {
    const { asking, reporting } = this.#core;
    const answer = isAnother
      ? failed(flag, undefined, 'INVALID_CONTEXT', 'another user is on the page: identify them first')
      : (held?.answers.flags.get(flag) ?? asking.absent(flag, held));
    const detail = typed(answer, kind, fallback);
    reporting.read(held?.context, detail);
    return detail as Detail<T>;
  }

  #isUser(user: User): boolean {
    return this.#core.contextOf(user).text === this.#core.asking.user.text;
  }

  #heldFor(user: User | undefined): Held | undefined {
    return user === undefined || this.#isUser(user) ? this.#core.asking.held : undefined;
  }

  /** What is held when waiting is over: for the user of the page, or for another one who is identified by it. */
  async #settledFor(user: User | undefined): Promise<Held | undefined> {
    const { asking } = this.#core;
    if (user === undefined) return (await asking.waited()) ?? asking.held;
    const context = this.#core.contextOf(user);
    const turn = this.#turn.then(() => asking.identify(context));
    this.#turn = turn;
    return turn;
  }
}

type Whole<T> = T extends bigint ? bigint : number;

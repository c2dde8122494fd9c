/** Asking: keeps what is held for the user of the page, whoever that becomes, and asks the edge anew when told to. */

import { failed, type Answers, type Detail } from './answers.js';
import type { Edge, Outcome, State } from './edge.js';
import type { Store } from './store.js';
import { Backoff, monotonic, pause, within } from './time.js';
import type { Context } from './users.js';

const RETRY_CAP_MS = 30_000;

/** Answers and whom they were made for. `etag`: null where the edge hasn't named them. */
export interface Held {
  readonly context: Context;
  readonly answers: Answers;
  readonly etag: string | null;
  readonly source: 'bootstrap' | 'store' | 'edge';
}

export interface AskingOptions {
  readonly startWaitMs: number;
  readonly retryFirstMs: number;
}

/** Who is told. `confirmed`: the edge has said that what is held is right, or was so long ago; `refused`: the key. */
export interface AskingListener {
  changed(before: Held | undefined, after: Held | undefined): void;
  confirmed(agoMs: number): void;
  refused(message: string): void;
  troubled(message: string): void;
}

/** One turn with a user: until another one is identified. `settled`: what is held when waiting for it is over. */
interface Turn {
  readonly context: Context;
  readonly over: AbortController;
  readonly settled: Promise<Held | undefined>;
  readonly settle: (held: Held | undefined) => void;
  waited?: Promise<Held | undefined>;
}

export class Asking {
  #held: Held | undefined;
  #turn: Turn;
  #wanted = false;
  #running = false;
  #state: State = {};
  #newest = 0;
  #notBefore = 0;
  #unusable: { code: string; message: string } | undefined;
  #attempts: ((answered: boolean) => void)[] = [];
  readonly #backoff: Backoff;
  readonly #end = new AbortController();
  readonly #bootstrap: Held | undefined;

  constructor(
    private readonly edge: Edge,
    private readonly store: Store,
    private readonly listener: AskingListener,
    private readonly options: AskingOptions,
    user: Context,
    bootstrap: Answers | undefined,
  ) {
    this.#backoff = new Backoff(options.retryFirstMs, RETRY_CAP_MS);
    this.#turn = turnOf(user);
    this.#bootstrap = bootstrap && { context: user, answers: bootstrap, etag: null, source: 'bootstrap' };
    this.#held = this.#bootstrap ?? this.#stored(user);
    if (this.#held) this.#turn.settle(this.#held);
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** The user that was identified last; what is held may still be another one's. */
  get user(): Context {
    return this.#turn.context;
  }

  /** What is held once there are answers for the user, or there is no use in waiting any more. */
  get settled(): Promise<Held | undefined> {
    return this.#turn.settled;
  }

  /** What is held once waiting for it is over; the wait is as long as a start may take, and no read waits again. */
  waited(): Promise<Held | undefined> {
    return (this.#turn.waited ??= within(this.#turn.settled, this.options.startWaitMs));
  }

  /** The answer to a flag that is not among those that are held. */
  absent(flag: string, held: Held | undefined): Detail<undefined> {
    const unusable = this.#unusable;
    if (unusable) return failed(flag, undefined, unusable.code, unusable.message);
    return held
      ? failed(flag, undefined, 'FLAG_NOT_FOUND', 'there is no such flag')
      : failed(flag, undefined, 'PROVIDER_NOT_READY', 'there are no answers for this user yet');
  }

  /** Asks for another user. The answers of the one before are served until there are new ones, but no longer than a start
   * may take; an answer that comes too late is nobody's. Gives what is held then, undefined if another user came. */
  async identify(context: Context): Promise<Held | undefined> {
    if (context.text !== this.#turn.context.text) {
      const before = this.#turn;
      this.#turn = turnOf(context);
      before.over.abort();
      before.settle(undefined);
      const stored = this.#stored(context);
      if (stored) this.#take(stored);
      this.#unusable = undefined;
      this.#backoff.reset();
      if (this.#ended) this.#turn.settle(stored);
      else void this.refetch();
    }
    const turn = this.#turn;
    const held = await this.waited();
    if (!held && this.#turn === turn) this.#forsake(turn);
    return this.#turn === turn ? this.#held : undefined;
  }

  /** Asks as soon as that may be; true when the edge has answered, false when the attempt failed. */
  refetch(state: State = {}): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    if (state.etag) this.#state = state;
    this.#wanted = true;
    const attempt = new Promise<boolean>((resolve) => this.#attempts.push(resolve));
    void this.#run();
    return attempt;
  }

  /** How long the edge wants those to be spread who lose it at once. */
  told(windowMs: number): void {
    this.#backoff.told(windowMs);
  }

  /** Asks no more; what is held stays. */
  end(): void {
    this.#end.abort();
    this.#turn.over.abort();
    this.#turn.settle(this.#held);
    this.#tell(false);
  }

  /** Nothing that was told is to be used: the key must not be used here. */
  forget(): void {
    const before = this.#held;
    this.#held = undefined;
    if (before) this.listener.changed(before, undefined);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#wanted && !this.#ended) {
      const turn = this.#turn;
      const wait = this.#notBefore - monotonic();
      if (wait > 0) await pause(wait, this.#end.signal);
      if (turn !== this.#turn || this.#ended) continue;
      this.#wanted = false;
      const etag = this.#held?.context.text === turn.context.text ? this.#held.etag : null;
      const outcome = await this.edge.bulk(turn.context.text, etag, this.#state, turn.over.signal);
      if (turn === this.#turn && !this.#ended) await this.#settle(outcome, turn);
    }
    this.#running = false;
  }

  async #settle(outcome: Outcome, turn: Turn): Promise<void> {
    if (outcome.kind === 'answers' && outcome.answers.version < Math.max(this.#newest, versionOf(this.#state))) {
      this.edge.failed();
      return this.#failed('the edge has answered with an older configuration', 0, turn);
    }
    if (outcome.kind === 'failed') return this.#failed(outcome.message, outcome.retryAfter, turn);
    this.#backoff.reset();
    if (!this.#wanted) this.#state = {};
    if (outcome.kind === 'refused') {
      this.#tell(false);
      this.listener.refused(outcome.message);
      return;
    }
    this.#unusable = undefined;
    if (outcome.kind === 'unusable') {
      this.#unusable = { code: outcome.code, message: outcome.message };
      this.listener.troubled(outcome.message);
      if (this.#held) this.#replace(undefined);
    } else if (outcome.kind === 'answers') {
      this.#newest = outcome.answers.version;
      this.store.write(turn.context.text, outcome.text, outcome.etag);
      this.#take({ context: turn.context, answers: outcome.answers, etag: outcome.etag, source: 'edge' });
      this.listener.confirmed(outcome.answers.ageMs);
    } else {
      this.listener.confirmed(outcome.ageMs);
    }
    turn.settle(this.#held);
    this.#tell(true);
  }

  async #failed(message: string, retryAfter: number, turn: Turn): Promise<void> {
    this.#wanted = true;
    this.listener.troubled(message);
    this.#tell(false);
    this.#notBefore = monotonic() + retryAfter;
    await pause(this.#backoff.next(retryAfter), turn.over.signal);
  }

  #take(held: Held): void {
    this.#replace(held);
    if (held.context === this.#turn.context) this.#turn.settle(held);
  }

  #replace(held: Held | undefined): void {
    const before = this.#held;
    this.#held = held;
    this.listener.changed(before, held);
  }

  /** The user has waited for long enough: nobody is served for ever what was made for somebody else. */
  #forsake(turn: Turn): void {
    if (this.#held && this.#held.context.key !== turn.context.key) this.#replace(undefined);
  }

  #stored(context: Context): Held | undefined {
    const stored = this.store.read(context.text);
    if (stored) return { context, ...stored, source: 'store' };
    return this.#bootstrap?.context.text === context.text ? { ...this.#bootstrap, context } : undefined;
  }

  get #ended(): boolean {
    return this.#end.signal.aborted;
  }

  #tell(answered: boolean): void {
    const waiting = this.#attempts;
    this.#attempts = [];
    waiting.forEach((resolve) => resolve(answered));
  }
}

/** The version that a state was told in: `"17-0a1b2c.2"`; 0 for a form that this SDK doesn't know. */
function versionOf(state: State): number {
  return Number(/^(?:W\/)?"?(\d+)-/.exec(state.etag ?? '')?.[1] ?? 0);
}

function turnOf(context: Context): Turn {
  let settle: Turn['settle'] = () => undefined;
  const settled = new Promise<Held | undefined>((resolve) => (settle = resolve));
  return { context, over: new AbortController(), settled, settle };
}

/** The parts of a client put together: what it holds, follows and reports. The methods that read stand in `client.ts`. */

import { answersOf, changesBetween, type Answers, type Change } from './answers.js';
import { Asking, type Held } from './asking.js';
import { Edge, type Environment } from './edge.js';
import { Events } from './events.js';
import { Following } from './following.js';
import { settingsOf, type Options, type Settings } from './options.js';
import { watchPage } from './page.js';
import { Reporting } from './reporting.js';
import { States, type State, type Status } from './status.js';
import { Store } from './store.js';
import { contextOf, type Context, type User } from './users.js';

const SERVER_KEY =
  'this is a server key, which opens all rules of the environment and must not be in a page: replace it now. ' +
  'Pages take client keys; on servers @feature-flag-platform/sdk takes server keys';
const VISIBLE_AGAIN_MS = 10_000;
/** Offline nothing is told. */
const UNTOLD = { exposures: 'off', usage: false } as const;
const WARNED_MAX = 100;

type ChangeListener = (changes: readonly Change[]) => void;

export class Core {
  readonly settings: Settings;
  readonly asking: Asking;
  readonly reporting: Reporting;
  readonly states: States;
  #events: Events;
  #following: Following;
  #edge: Edge;
  #environment: Environment | undefined;
  #askingEnvironment = false;
  #environmentKnown: (known: unknown) => void = () => undefined;
  #hidden = false;
  #closed: Promise<boolean> | undefined;
  #unwatch: () => void = () => undefined;
  readonly #end = new AbortController();
  readonly #warned = new Set<string>();
  readonly #changeListeners = new Set<ChangeListener>();
  readonly #stateListeners = new Set<(state: State) => void>();

  constructor(options: Options) {
    const settings = (this.settings = settingsOf(options));
    const { envKey: key, logger } = settings;
    this.states = new States((state) => this.#tell(this.#stateListeners, state));
    this.#edge = new Edge(settings.endpoints, key);
    const settled = new Promise((resolve) => (this.#environmentKnown = resolve));
    const eventsAddress = (): string => settings.eventsEndpoint || this.#environment?.eventsUrl || this.#edge.address;
    this.#events = new Events({ address: eventsAddress, settled }, { ...settings, key });
    this.reporting = new Reporting(this.#events, settings.offline ? { ...settings, ...UNTOLD } : settings, this.leftOut);
    this.asking = new Asking(
      this.#edge,
      new Store(settings.store, key, logger),
      {
        changed: (before, after) => this.#changed(before, after),
        confirmed: (agoMs) => this.#confirmed(agoMs),
        refused: (message) => this.#refuse(message),
        troubled: (message) => (this.states.lastError = message),
      },
      { startWaitMs: settings.startWaitMs, retryFirstMs: settings.retryFirstMs },
      this.contextOf(options.user),
      this.#bootstrap(options.bootstrap),
    );
    const alive = (): void => {
      if (this.asking.held?.answers.ageMs === 0) this.states.confirm(0);
    };
    const troubled = (message: string): void => void (this.states.lastError = message);
    this.#following = new Following(this.asking, { alive, troubled }, settings);
    if (settings.offline) this.#goOffline();
    else this.#begin();
  }

  contextOf(user: User | null | undefined): Context {
    return contextOf(user, this.leftOut, this.settings.unsent);
  }

  readonly leftOut = (name: string): void =>
    this.#warnOnce(name, `${name}: left out, for it can't be sent as JSON`);

  onChange(listener: ChangeListener): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onState(listener: (state: State) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  status(): Status {
    const { state, since, confirmedAt, lastError } = this.states;
    const { held } = this.asking;
    return {
      state,
      version: held?.answers.version ?? 0,
      since,
      confirmedAt,
      source: held?.source ?? 'none',
      mode: this.#following.mode,
      endpoint: this.#edge.address,
      lastError,
      events: this.#events.counts,
    };
  }

  async flush(timeoutMs: number): Promise<boolean> {
    this.reporting.tellUsage();
    return this.#events.flush(timeoutMs);
  }

  /** Sends what waits, and ends everything; what is held stays. */
  close(timeoutMs: number): Promise<boolean> {
    return (this.#closed ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<boolean> {
    const flushed = await this.flush(timeoutMs);
    this.states.become('closed');
    this.#stop();
    this.#events.end();
    return flushed;
  }

  #begin(): void {
    if (this.settings.eventsEndpoint) this.#environmentKnown(true);
    if (this.asking.held) this.states.become('ready');
    this.states.watch();
    this.#unwatch = watchPage({
      hidden: () => this.#rest(this.asking.held?.answers.inactivityMs ?? 0),
      visible: () => this.#wake(),
      left: () => this.#rest(0),
    });
    void this.asking.refetch();
    void this.#learn();
  }

  #goOffline(): void {
    this.states.become('offline');
    this.asking.end();
    this.#events.end('offline');
  }

  #stop(): void {
    this.#end.abort();
    this.#unwatch();
    this.asking.end();
    this.#following.end();
    this.states.rest();
  }

  /** Nobody looks: what waits is sent, and after a while nothing is followed. */
  #rest(afterMs: number): void {
    this.#hidden = true;
    this.reporting.tellUsage();
    this.#events.leave();
    this.states.rest();
    this.#following.rest(afterMs);
  }

  #wake(): void {
    this.#hidden = false;
    this.states.watch(VISIBLE_AGAIN_MS);
    if (this.#following.awake) this.#following.begin();
    else void this.asking.refetch();
  }

  #changed(before: Held | undefined, after: Held | undefined): void {
    const changes = changesBetween(before?.answers, after?.answers);
    if (changes.length) this.#tell(this.#changeListeners, changes);
  }

  #confirmed(agoMs: number): void {
    this.states.confirm(agoMs);
    if (this.#hidden) this.states.rest();
    else this.#following.begin();
    void this.#learn();
  }

  /** Asks what there is to know of the environment, until the edge has said it. */
  async #learn(): Promise<void> {
    if (this.#environment || this.#askingEnvironment) return;
    this.#askingEnvironment = true;
    const told = await this.#edge.environment(this.#end.signal);
    this.#askingEnvironment = false;
    if (!told) return;
    this.#environment = told;
    this.reporting.attributes = told.exposureAttributes;
    this.#environmentKnown(true);
    if (told.keyKind === 'server') {
      this.#refuse(SERVER_KEY);
      this.asking.forget();
    }
  }

  #refuse(message: string): void {
    if (this.states.state === 'refused' || this.states.state === 'closed') return;
    this.states.lastError = message;
    this.settings.logger.error(`feature flags: the SDK key is refused: ${message}`);
    this.#stop();
    this.#events.refuse();
    this.states.become('refused');
  }

  #bootstrap(document: object | string | undefined): Answers | undefined {
    if (document === undefined) return undefined;
    try {
      return answersOf(document);
    } catch (error) {
      this.settings.logger.warn(`feature flags: the bootstrap was passed over: ${String(error)}`);
      return undefined;
    }
  }

  #warnOnce(what: string, message: string): void {
    if (this.#warned.has(what) || this.#warned.size >= WARNED_MAX) return;
    this.#warned.add(what);
    this.settings.logger.warn(`feature flags: ${message}`);
  }

  /** A listener that raises harms nobody else. */
  #tell<T>(listeners: Iterable<(told: T) => void>, told: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(told);
      } catch (error) {
        this.settings.logger.error(`feature flags: a listener has raised: ${String(error)}`);
      }
    }
  }
}

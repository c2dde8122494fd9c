/** Drives the SDK under Node for the trials of all SDKs: a JSON command a line in, an answer a line out
 * (docs/conformance.md, The driver). The SDK itself knows nothing of Node. */

import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { FeatureFlagClient, type Change, type Detail, type Options, type User } from '../src/index.js';
import { jitter } from '../src/time.js';
import { jumpClock } from './clock.js';
import { meant, seeded, textOf } from './forms.js';
import { optionsFrom } from './options.js';

type Command = Record<string, unknown> & { readonly do?: string };
type Answers = Map<string, Map<string, number>>;

const HAMMER_TICK_MS = 5;
const RETRY_CAP_MS = 30_000;

/** One client, and what the commands have started beside it. */
class Driver {
  #client: FeatureFlagClient | undefined;
  #changes: object[] = [];
  #hammering: ReturnType<typeof setInterval> | undefined;
  #hammered = { evaluations: 0, exceptions: 0, answers: new Map() as Answers };

  readonly #commands: Readonly<Record<string, (command: Command) => unknown>> = {
    start: (command) => this.#start(optionsFrom(command['options'])),
    identify: ({ user }) => this.#started.identify(user as User),
    detail: async (command) => toldOf(await this.#detail(command)),
    all_flags: async ({ user }) => {
      const all = await this.#started.allFlags(userOf(user));
      return Object.fromEntries([...all].map(([flag, detail]) => [flag, toldOf(detail)]));
    },
    config: ({ key, user, default: fallback }) =>
      this.#started.config(key as string, userOf(user), (fallback ?? {}) as object),
    explain: () => {
      throw new Error('a page has no rules to explain');
    },
    track_metric: (command) => this.#trackMetric(command),
    track_exposure: async ({ flag, user }) => {
      await this.#identified(user);
      this.#started.trackExposure(flag as string);
      return null;
    },
    flush: ({ timeout }) => this.#started.flush(timeout as number | undefined),
    ready: ({ timeout }) => this.#started.ready(timeout as number | undefined),
    close: ({ timeout }) => this.#started.close(timeout as number | undefined),
    status: () => this.#status(),
    listen: async ({ flag, user }) => {
      await this.#identified(user);
      const told = (changes: readonly Change[]): object[] =>
        user ? changes.map(changeOf) : [{ flags: changes.map((change) => change.flag) }];
      this.#started.onChange((changes) => this.#changes.push(...told(changes)), (flag ?? undefined) as string | undefined);
      return null;
    },
    changes: () => this.#changes.splice(0),
    hammer: (command) => this.#hammer(command),
    hammered: () => this.#stopHammering(),
    backoff: ({ attempts, window_ms: window = 1000, seed }) => {
      const random = typeof seed === 'number' ? seeded(seed) : Math.random;
      return (attempts as number[]).map((attempt) => jitter(attempt, window as number, RETRY_CAP_MS, random));
    },
    clock: ({ jump }) => jumpClock(jump as number),
    resources: () => ({
      threads: process.getActiveResourcesInfo().length,
      descriptors: readdirSync('/proc/self/fd').length,
      rss_bytes: process.memoryUsage().rss,
    }),
  };

  /** Answers one line. */
  async answer(line: string): Promise<object> {
    try {
      const command = meant(JSON.parse(line)) as Command;
      const run = this.#commands[command.do ?? ''];
      if (!run || !Object.hasOwn(this.#commands, command.do ?? '')) throw new Error(`unknown command: ${command.do}`);
      return { ok: true, result: (await run(command)) ?? null };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** As a page that goes: what is queued is sent. */
  async end(): Promise<void> {
    clearInterval(this.#hammering);
    await this.#client?.close();
  }

  get #started(): FeatureFlagClient {
    if (!this.#client) throw new Error('start first');
    return this.#client;
  }

  async #start(options: Options): Promise<null> {
    this.#client = new FeatureFlagClient(options);
    return null;
  }

  async #identified(user: unknown): Promise<void> {
    if (user !== undefined && user !== null) await this.#started.identify(user as User);
  }

  #detail({ flag, user, default: fallback, type }: Command): Promise<Detail> {
    const kind = type as Parameters<FeatureFlagClient['detail']>[3];
    return this.#started.detail(flag as string, userOf(user), fallback as unknown, kind);
  }

  #trackMetric({ name, value, user, properties }: Command): null {
    const number = value === null ? undefined : (value as number | undefined);
    this.#started.trackMetric(name as string, number, userOf(user), (properties ?? undefined) as Record<string, unknown>);
    return null;
  }

  #status(): object {
    const { state, version, since, confirmedAt, source, mode, endpoint, lastError, events } = this.#started.status();
    const times = { since, confirmed_at: confirmedAt ?? null };
    return { state, version, ...times, source, mode, endpoint, last_error: lastError ?? null, events };
  }

  /** Reads for the user of the page: the first of those that are named. */
  async #hammer({ flags, users, per_second: perSecond = 10_000 }: Command): Promise<null> {
    await this.#identified((users as unknown[] | undefined)?.[0]);
    const keys = flags as string[];
    const begun = performance.now();
    this.#hammered = { evaluations: 0, exceptions: 0, answers: new Map() };
    this.#hammering = setInterval(() => {
      const due = ((performance.now() - begun) / 1000) * (perSecond as number);
      while (this.#hammered.evaluations < due) this.#read(keys[this.#hammered.evaluations % keys.length] ?? '');
    }, HAMMER_TICK_MS);
    return null;
  }

  #read(flag: string): void {
    this.#hammered.evaluations += 1;
    try {
      const { value, variant, reason, errorCode } = this.#started.detailSync(flag);
      const answer = `${textOf(value ?? null)}|${variant ?? null}|${reason}|${errorCode ?? null}`;
      const counts = this.#hammered.answers.get(flag) ?? new Map<string, number>();
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
      this.#hammered.answers.set(flag, counts);
    } catch {
      this.#hammered.exceptions += 1;
    }
  }

  #stopHammering(): object {
    clearInterval(this.#hammering);
    const { evaluations, exceptions, answers } = this.#hammered;
    const counted = [...answers].map(([flag, counts]) => [flag, Object.fromEntries(counts)]);
    return { evaluations, exceptions, answers: Object.fromEntries(counted) };
  }
}

function userOf(user: unknown): User | undefined {
  return (user ?? undefined) as User | undefined;
}

function changeOf({ flag, before, after }: Change): object {
  return { flag, before: servedOf(before), after: servedOf(after) };
}

function servedOf(detail: Detail | undefined): object | null {
  return detail ? { value: detail.value ?? null, variant: detail.variant, reason: detail.reason } : null;
}

function toldOf(detail: Detail): object {
  return {
    value: detail.value ?? null,
    variant: detail.variant,
    reason: detail.reason,
    error_code: detail.errorCode ?? null,
    error_message: detail.errorMessage ?? null,
    version: detail.version,
    experiment: detail.experiment ?? null,
    experiments: detail.experiments,
    metadata: detail.metadata,
  };
}

const driver = new Driver();
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  process.stdout.write(`${textOf(await driver.answer(line))}\n`);
}
await driver.end();
process.exit(0);

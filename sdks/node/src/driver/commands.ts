/** What a driver can be told to do: docs/conformance.md. */

import { readdirSync } from "node:fs";

import { FeatureFlagClient, type Asked } from "../client.js";
import type { Config } from "../config.gen.js";
import type { Detail } from "../detail.js";
import { evaluateBatch, FlagSet, type BatchItem } from "../engine/index.js";
import { isObject } from "../engine/json.js";
import { jitter } from "../http/retry.js";
import { pausesOf } from "../configuration/follower.js";
import type { Options, Paces } from "../options.js";
import type { User } from "../user.js";
import { jumpClock } from "./clock.js";
import { Hammer } from "./hammer.js";
import { camel, snaked, spoken } from "./values.js";

/** A command as it was said. */
export type Command = Record<string, unknown>;

const PACES: ReadonlySet<string> = new Set<keyof Paces>(["retryFirst", "silence", "usageInterval"]);
const DESCRIPTORS = "/proc/self/fd";

/** One client at a time. A command that can't be done throws. */
export class Driver {
  #client: FeatureFlagClient | undefined;
  #hammer: Hammer | undefined;
  #changes: unknown[] = [];
  #batch: FlagSet | undefined;

  /** The result of a command. */
  async do(command: Command): Promise<unknown> {
    const work = this.#commands[String(command["do"])];
    if (!work) throw new Error(`there is no command ${String(command["do"])}`);
    return (await work(command)) ?? null;
  }

  readonly #commands: Record<string, ((command: Command) => unknown) | undefined> = {
    start: (command) => this.#start(command),
    detail: async (command) => told(await this.#detail(command)),
    all_flags: async ({ user }) => {
      const details = await this.#open.allFlags(userIn(user));
      return Object.fromEntries([...details].map(([key, detail]) => [key, told(detail)]));
    },
    config: ({ key, user, default: otherwise }) => this.#open.config(String(key), userIn(user), spoken(otherwise) as object as never),
    explain: ({ flag, user }) => this.#open.explain(String(flag), userIn(user)),
    track_metric: ({ name, value, user, properties }) =>
      this.#open.trackMetric(name as string, spoken(value) as number | undefined, userIn(user), spoken(properties ?? {}) as object as never),
    track_exposure: ({ flag, user }) => this.#open.trackExposure(String(flag), userIn(user)),
    flush: ({ timeout }) => this.#open.flush(Number(timeout ?? 5)),
    ready: ({ timeout }) => this.#open.ready(Number(timeout ?? 5)),
    close: ({ timeout }) => this.#open.close(Number(timeout ?? 5)),
    status: () => {
      const status = this.#open.status();
      return snaked(status);
    },
    listen: (command) => this.#listen(command),
    changes: () => this.#changes.splice(0),
    hammer: ({ flags, users, per_second: rate }) => {
      this.#hammer?.stop();
      this.#hammer = new Hammer(this.#open, (flags as unknown[]).map(String), (users as unknown[]).map(userIn), Number(rate));
    },
    hammered: () => {
      const hammered = this.#hammer?.stop();
      this.#hammer = undefined;
      return hammered;
    },
    resources: () => ({
      threads: process.getActiveResourcesInfo().length,
      descriptors: readdirSync(DESCRIPTORS).length,
      rss_bytes: process.memoryUsage.rss(),
    }),
    clock: ({ jump }) => jumpClock(Number(jump)),
    batch: ({ config }) => {
      this.#batch = FlagSet.from(config as Config);
    },
    evaluate: ({ items }) => {
      if (!this.#batch) throw new Error("there is no config: say batch first");
      return evaluateBatch(this.#batch, items as BatchItem[]);
    },
    backoff: ({ attempts, window_ms: window, seed }) => {
      const random = typeof seed === "number" ? seeded(seed) : Math.random;
      const pauses = pausesOf(Number(window ?? 1000));
      return (attempts as number[]).map((attempt) => jitter(attempt, pauses, 0, random));
    },
  };

  /** Ends what runs. */
  async end(): Promise<void> {
    this.#hammer?.stop();
    this.#hammer = undefined;
  }

  get #open(): FeatureFlagClient {
    if (!this.#client) throw new Error("there is no client: start one");
    return this.#client;
  }

  async #start({ options }: Command): Promise<void> {
    await this.#client?.close(0);
    this.#changes = [];
    const given: Record<string, unknown> = {};
    const paces: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(isObject(options) ? options : {})) {
      (PACES.has(camel(name)) ? paces : given)[camel(name)] = value;
    }
    const logger = { info: log, warn: log, error: log };
    this.#client = new FeatureFlagClient({ ...given, logger } as unknown as Options, paces);
  }

  #detail({ flag, user, default: otherwise, type }: Command): Promise<Detail<unknown>> {
    return this.#open.detail(String(flag), userIn(user), spoken(otherwise), type as Asked | undefined);
  }

  #listen({ flag, user }: Command): void {
    const named = typeof flag === "string" ? flag : undefined;
    if (user === undefined || user === null) {
      this.#open.onChange((flags) => void this.#changes.push({ flags }), named);
      return;
    }
    const answer = ({ value, variant, reason }: Detail): object => ({ value: value ?? null, variant: variant ?? null, reason });
    this.#open.onChange(
      ({ flag: key, before, after }) => void this.#changes.push({ flag: key, before: answer(before), after: answer(after) }),
      named,
      userIn(user),
    );
  }
}

function userIn(user: unknown): User {
  return spoken(user) as User;
}

function told(detail: Detail<unknown>): object {
  const { errorMessage: _, ...rest } = detail;
  return snaked(rest);
}

function log(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** A stream of numbers that is the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

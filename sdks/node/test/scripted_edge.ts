/** The scripted edge of docs/conformance.md as a process, and what its control port takes. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import type { Config } from "../src/config.gen.js";

const LOOK_MS = 10;
const PATIENCE_MS = 20_000;

/** A request that the edge was asked. */
export interface Seen {
  readonly number: number;
  readonly endpoint: string;
  readonly connection: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** An event that arrived. */
export type SeenEvent = Readonly<Record<string, any>>;

/** A batch that was sent, taken or not. */
export interface SeenBatch {
  readonly status: number;
  readonly encoding: string;
  readonly ids: readonly string[];
}

/** One that runs. */
export class ScriptedEdge {
  readonly #process: ChildProcess;
  readonly #control: string;

  private constructor(
    process: ChildProcess,
    control: string,
    readonly address: string,
    readonly serverKey: string,
    readonly clientKey: string,
  ) {
    this.#process = process;
    this.#control = control;
  }

  /** Starts it with the Python that `FFP_PYTHON` names, which has `edge_script`. */
  static async started(): Promise<ScriptedEdge> {
    const python = process.env["FFP_PYTHON"] ?? "python3";
    const started = spawn(python, ["-m", "edge_script"], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: started.stdout });
    const ended = once(started, "exit").then(() => Promise.reject(new Error(`${python} -m edge_script has ended`)));
    const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
    ended.catch(() => undefined);
    const told = JSON.parse(line) as Record<string, string>;
    return new ScriptedEdge(started, told["control"]!, told["edge"]!, told["server_key"]!, told["client_key"]!);
  }

  end(): void {
    this.#process.kill();
  }

  put(name: string, document: unknown): Promise<unknown> {
    return this.#asked("PUT", name, document);
  }

  /** Serves this document from now on. */
  serve(document: Partial<Config>): Promise<unknown> {
    return this.put("document", { salt: "salt", ...document });
  }

  post(name: string, document: unknown = {}): Promise<unknown> {
    return this.#asked("POST", name, document);
  }

  async get<T>(name: string): Promise<T> {
    return (await this.#asked("GET", name)) as T;
  }

  requests(endpoint: string): Promise<Seen[]> {
    return this.get(`requests?endpoint=${endpoint}`);
  }

  events(type: string): Promise<SeenEvent[]> {
    return this.get(`events?type=${type}`);
  }

  async #asked(method: string, name: string, document?: unknown): Promise<unknown> {
    const body = document === undefined ? null : JSON.stringify(document);
    const answer = await fetch(`${this.#control}/${name}`, { method, body, headers: { Connection: "close" } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${name}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}

/** Waits until it is true; fails with its last answer when that takes too long. */
export async function until<T>(look: () => T | Promise<T>, what = "what was waited for"): Promise<NonNullable<T>> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() - began > PATIENCE_MS) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

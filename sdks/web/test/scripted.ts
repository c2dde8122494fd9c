/** The scripted edge (docs/conformance.md) as a process, for the tests of a file; and what they wait for. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach } from 'node:test';
import { FeatureFlagClient, type Options } from '../src/index.js';

const PATIENCE_MS = 20_000;
const LOOK_MS = 5;

export type Json = Record<string, any>;

/** A flag that serves `value` to everybody. */
export function flag(value: unknown, more: Json = {}): Json {
  const type = typeof value === 'object' ? 'object' : typeof value;
  return {
    type,
    variations: { on: value, off: type === 'boolean' ? false : value },
    off_variation: 'off',
    default: { variation: 'on' },
    client_visible: true,
    ...more,
  };
}

/** Serves `on` to this country alone. */
export const inCountry = (country: string): Json => ({
  rules: [{ if: { attribute: 'country', operator: 'eq', value: country }, then: { variation: 'on' } }],
  default: { variation: 'off' },
});

export class ScriptedEdge {
  address = '';
  control = '';
  clientKey = '';
  serverKey = '';
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    const python = process.env['FFP_PYTHON'] ?? 'python3';
    this.#process = spawn(python, ['-m', 'edge_script'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout! });
    const ended = once(this.#process, 'exit').then(() => {
      throw new Error(`${python} -m edge_script has ended: FFP_PYTHON names a Python that has it`);
    });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    ended.catch(() => undefined);
    lines.close();
    const told = JSON.parse(line) as Json;
    this.address = told['edge'];
    this.control = told['control'];
    this.clientKey = told['client_key'];
    this.serverKey = told['server_key'];
  }

  stop(): void {
    this.#process?.kill();
  }

  async put(name: string, document: unknown): Promise<void> {
    await this.#asked(name, { method: 'PUT', body: JSON.stringify(document) });
  }

  async post(name: string, document: unknown = {}): Promise<void> {
    await this.#asked(name, { method: 'POST', body: JSON.stringify(document) });
  }

  get<T = Json[]>(name: string): Promise<T> {
    return this.#asked(name, {}) as Promise<T>;
  }

  async #asked(name: string, request: RequestInit): Promise<unknown> {
    const answer = await fetch(`${this.control}/${name}`, { ...request, headers: { Connection: 'close' } });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** What a client has said to its logger. */
export class Said {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  error(message: string): void {
    this.errors.push(message);
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
}

/** An edge for the tests of a file, new for each; and clients of it, which are closed after each. */
export function scripted(): { edge: ScriptedEdge; client: (options?: Partial<Options>) => FeatureFlagClient } {
  const edge = new ScriptedEdge();
  const clients: FeatureFlagClient[] = [];
  before(() => edge.start());
  after(() => edge.stop());
  beforeEach(() => edge.post('reset'));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close(0)));
  });
  const client = (options: Partial<Options> = {}): FeatureFlagClient => {
    const made = new FeatureFlagClient({
      envKey: edge.clientKey,
      endpoint: edge.address,
      retryFirst: 0.01,
      usage: false,
      logger: new Said(),
      ...options,
    });
    clients.push(made);
    return made;
  };
  return { edge, client };
}

/** Waits until the condition gives something. */
export async function until<T>(condition: () => T | Promise<T>, what = 'it'): Promise<NonNullable<T>> {
  const limit = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > limit) throw new Error(`${what} has not happened in ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

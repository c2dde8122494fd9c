/** The driver's options, in the spelling that all drivers share, as those of the client. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeptIn, Options } from '../src/index.js';

const NAMES: Readonly<Record<string, keyof Options>> = {
  env_key: 'envKey',
  endpoint: 'endpoint',
  events_endpoint: 'eventsEndpoint',
  start_wait: 'startWait',
  bootstrap: 'bootstrap',
  store: 'store',
  offline: 'offline',
  polling: 'polling',
  poll_interval: 'pollInterval',
  exposures: 'exposures',
  usage: 'usage',
  usage_interval: 'usageInterval',
  private_attributes: 'privateAttributes',
  queue_size: 'queueSize',
  batch_size: 'batchSize',
  flush_interval: 'flushInterval',
  retry_first: 'retryFirst',
  silence: 'silence',
  user: 'user',
};

/** Raises for an option that the SDK doesn't have. */
export function optionsFrom(given: unknown): Options {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries((given ?? {}) as Record<string, unknown>)) {
    const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (known === undefined) throw new Error(`unknown option: ${name}`);
    if (value === null) continue;
    options[known] = known === 'store' ? new Folder(value as string) : value;
  }
  const { bootstrap } = options;
  if (typeof bootstrap === 'string' && !bootstrap.trimStart().startsWith('{')) {
    options['bootstrap'] = readFileSync(bootstrap, 'utf8');
  }
  return { logger: told, ...options } as unknown as Options;
}

const told = {
  warn: (message: string): boolean => process.stderr.write(`warning: ${message}\n`),
  error: (message: string): boolean => process.stderr.write(`error: ${message}\n`),
};

/** A folder as the storage of a page: a file for each entry. */
class Folder implements KeptIn {
  constructor(private readonly path: string) {
    mkdirSync(path, { recursive: true });
  }

  getItem(name: string): string | null {
    try {
      return readFileSync(join(this.path, name), 'utf8');
    } catch {
      return null;
    }
  }

  setItem(name: string, text: string): void {
    writeFileSync(join(this.path, `${name}.new`), text);
    renameSync(join(this.path, `${name}.new`), join(this.path, name));
  }

  removeItem(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }
}

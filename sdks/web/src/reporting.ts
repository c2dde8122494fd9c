/** Reporting: what is told of a page's reads, as events: exposures, usage, and metrics that the application tracks. */

import type { Detail } from './answers.js';
import type { Events } from './events.js';
import { exposedAttributes, Exposures } from './exposures.js';
import { uuid7 } from './ids.js';
import { JsonWriter } from './json.js';
import { Usage } from './usage.js';
import type { Context } from './users.js';

export interface ReportingOptions {
  readonly exposures: 'automatic' | 'manual' | 'off';
  readonly usage: boolean;
  readonly usageMs: number;
  readonly unsent: ReadonlySet<string>;
}

const NAME_LENGTH_MAX = 128;
const KEY_LENGTH_MAX = 512;
const VALUE_MAX = 1e15;

export class Reporting {
  #exposures = new Exposures();
  #usage = new Usage();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The names of the attributes that exposures carry. */
  attributes: readonly string[] = [];

  constructor(
    private readonly events: Events,
    private readonly options: ReportingOptions,
    private readonly leftOut: (name: string) => void,
  ) {}

  /** A read was answered. `context`: whom the answer was made for, undefined for none. */
  read(context: Context | undefined, answer: Detail): void {
    if (this.options.usage && this.#usage.count(answer.flag, answer.variant, answer.reason, answer.errorCode)) {
      this.#timer = setTimeout(() => this.tellUsage(), this.options.usageMs);
    }
    if (this.options.exposures === 'automatic') this.expose(context, answer, false);
  }

  /** Queues an exposure, unless it was reported lately; `asked`: also for a flag that doesn't want it. */
  expose(context: Context | undefined, answer: Detail, asked: boolean): void {
    const exposure = context && this.options.exposures !== 'off' && this.#exposures.of(context, answer, asked);
    if (exposure) this.#add(exposure, exposedAttributes(context, this.attributes), 'context');
  }

  /** Queues a metric event; one that no ingestor takes is dropped. */
  metric(user: Context, name: string, value: unknown, properties: unknown): void {
    const wrong = wrongIn(user, name, value);
    if (wrong) return this.events.drop('invalid', 1, `${name}: ${wrong}`);
    const written = properties == null ? undefined : new JsonWriter(this.leftOut, this.options.unsent).text(properties, '');
    this.#add({ type: 'metric', user_key: user.key, metric: name, value }, written, 'properties');
  }

  /** Queues what was counted. */
  tellUsage(): void {
    clearTimeout(this.#timer);
    this.#usage.take().forEach((event) => this.#add(event));
  }

  /** An event has its id and its time from now on, however often it is sent. */
  #add(fields: Record<string, unknown>, more?: string, name?: string): void {
    const text = JSON.stringify({ ...fields, event_id: uuid7(), timestamp: new Date().toISOString() });
    this.events.add(more === undefined ? text : `${text.slice(0, -1)},"${name}":${more}}`);
  }
}

/** What is wrong with a metric event. */
function wrongIn({ key = '' }: Context, name: unknown, value: unknown): string | undefined {
  if (typeof name !== 'string' || !name || name.length > NAME_LENGTH_MAX) return 'a metric event has a name of 1 to 128 characters';
  if (!key || key.length > KEY_LENGTH_MAX) return 'a metric event needs a user with a key of at most 512 characters';
  const isValue = value === undefined || (typeof value === 'number' && Math.abs(value) <= VALUE_MAX);
  return isValue ? undefined : 'the value of a metric event is a finite number up to 1e15';
}

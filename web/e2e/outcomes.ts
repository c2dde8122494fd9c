/** What users of an experiment are exposed to and do, and what analytics makes of it. */
import { randomUUID } from "node:crypto";
import { expect } from "@playwright/test";
import { send } from "./api";
import type { Place } from "./place";
import { stack } from "./stack";

type Event = Readonly<Record<string, unknown>>;

const BATCH = 5000;
const AT_ONCE = 4;
const EDGE_AT_ONCE = 20;

export function exposure(user: string, flag: string, variation: string, experiment: string | null): Event {
  return {
    type: "exposure",
    event_id: randomUUID(),
    timestamp: Date.now(),
    user_key: user,
    flag,
    variation,
    ...(experiment === null ? {} : { experiment }),
  };
}

export function outcome(user: string, metric: string, value = 1): Event {
  return { type: "metric", event_id: randomUUID(), timestamp: Date.now(), user_key: user, metric, value };
}

/** Sends all of them; each has to be taken. */
export async function sendEvents(key: string, events: readonly Event[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, at) =>
    events.slice(at * BATCH, (at + 1) * BATCH),
  );
  await inTurns(batches, AT_ONCE, async (batch) => {
    const headers = { Authorization: `Bearer ${key}` };
    // A new key is known to the ingestor a moment later; what is sent again counts once.
    await expect(async () => {
      const { body } = await send<{ rejected: unknown[] }>("POST", `${stack().ingestor}/v1/events`, batch, headers);
      expect(body.rejected).toEqual([]);
    }).toPass({ timeout: 60_000 });
  });
}

/** The edge assigns each user and reports the exposure by itself. */
export async function assign(place: Place, environment: string, experiment: string, users: readonly string[]) {
  const key = await place.key(environment);
  const variations = new Map<string, string>();
  await inTurns(users, EDGE_AT_ONCE, async (user) => {
    const url = `${stack().edge}/v1/experiments/${experiment}/assign?user_id=${user}&expose=true`;
    const { body } = await send<{ variation: string; in_experiment: boolean }>("GET", url, undefined, {
      Authorization: `Bearer ${key}`,
    });
    expect(body.in_experiment, user).toBe(true);
    variations.set(user, body.variation);
  });
  return variations;
}

export interface Results {
  readonly units: { readonly total: number };
  readonly plan: { readonly complete: boolean };
  readonly decisions: readonly { readonly variation: string; readonly verdict: string }[];
  readonly health: readonly { readonly name: string; readonly state: string }[];
}

/** Results, asked for until they are as `settled` says. */
export async function untilResults(
  place: Place,
  environment: string,
  experiment: string,
  settled: (found: Results) => boolean,
  patience = 120_000,
) {
  const { email, password } = place.owner;
  const login = await send<{ access_token: string }>("POST", `${stack().control_plane}/api/v1/auth/login`, {
    email,
    password,
  });
  const url = `${stack().analytics}/v1/experiments/${experiment}/results?project=${place.project}&environment=${environment}`;
  const headers = { Authorization: `Bearer ${login.body.access_token}` };
  let last: Results | undefined;
  await expect
    .poll(
      async () => {
        last = await send<Results>("GET", url, undefined, headers).then(
          (answer) => answer.body,
          () => undefined,
        );
        return last !== undefined && settled(last);
      },
      { timeout: patience, message: `results of ${experiment}` },
    )
    .toBe(true);
  return last;
}

/** A boolean flag that is on in the environment and serves `off` until something says otherwise, and a metric. */
export async function furnishFlag(place: Place, environment: string, flag: string, metric: string): Promise<void> {
  await place.api.post(`${place.at}/flags`, {
    key: flag,
    name: "New checkout",
    type: "boolean",
    variations: [
      { key: "on", value: true },
      { key: "off", value: false },
    ],
    off_variation: "off",
    default: { variation: "off" },
  });
  await place.api.put(`${place.at}/flags/${flag}/environments/${environment}/enabled`, { enabled: true });
  await place.api.post(`${place.at}/metrics`, { key: metric, name: "Purchase", aggregation: "conversion" });
}

async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) await act(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

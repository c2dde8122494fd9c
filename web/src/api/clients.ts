/** The services as typed clients. Only a feature's `queries.ts` and the app call them. */

import createClient from "openapi-fetch";
import type { paths as AnalyticsPaths } from "./generated/analytics";
import type { paths as ControlPlanePaths } from "./generated/control-plane";
import type { paths as EdgePaths } from "./generated/edge";
import type { paths as IngestorPaths } from "./generated/ingestor";
import { Problem, problemOf, unreachable } from "./problem";
import { signInAgain, timesSignedIn } from "./signed-in";
import { type Audience, forgetTokens, token } from "./tokens";

const WAIT_SECONDS = 5;
const SAFE = new Set(["GET", "HEAD"]);

export interface Propagation {
  readonly edges: number;
  readonly confirmed: number;
  readonly milliseconds: number;
  readonly laggards: readonly string[];
}

export interface Written<T> {
  readonly data: T;
  readonly etag: string | null;
  readonly propagation?: Propagation;
}

type Send = (request: Request) => Promise<Response>;

/** With the cookie: writes carry what forged ones lack, and wait for the edges. A session that ended is asked for. */
async function withSession(request: Request): Promise<Response> {
  if (!SAFE.has(request.method)) {
    request.headers.set("X-Verdict-CSRF", "1");
    if (!request.headers.has("Prefer")) request.headers.set("Prefer", `wait=${WAIT_SECONDS}`);
  }
  const repeated = request.clone();
  const sent = timesSignedIn();
  const response = await send("control plane", request);
  if (response.status !== 401) return response;
  const again = signInAgain(sent);
  if (again === null) return response;
  await again;
  return withSession(repeated);
}

/** With a short token; one that a service no longer takes is renewed once. */
function withToken(service: string, audience: Audience): Send {
  return async (request) => {
    const repeated = request.clone();
    request.headers.set("Authorization", `Bearer ${await token(audience)}`);
    const response = await send(service, request);
    if (response.status !== 401) return response;
    forgetTokens(audience);
    repeated.headers.set("Authorization", `Bearer ${await token(audience)}`);
    return send(service, repeated);
  };
}

async function send(service: string, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    throw unreachable(service);
  }
}

export const controlPlane = createClient<ControlPlanePaths>({ baseUrl: "/", fetch: withSession });
export const analytics = createClient<AnalyticsPaths>({
  baseUrl: "/analytics",
  fetch: withToken("analytics service", "analytics"),
});
export const events = createClient<IngestorPaths>({ baseUrl: "/events", fetch: withToken("ingestor", "events") });
/** The edge takes an SDK key, which the caller gives as `X-API-Key`. */
export const edge = createClient<EdgePaths>({ baseUrl: "/edge", fetch: (request) => send("edge", request) });

/** For what openapi-fetch can't read, such as a live tail: the response itself. */
export function streamed(service: Audience, path: string, signal: AbortSignal): Promise<Response> {
  const names = { analytics: "analytics service", events: "ingestor" } as const;
  const url = new URL(`/${service}${path}`, window.location.origin);
  return withToken(
    names[service],
    service,
  )(new Request(url, { signal })).then((response) => {
    if (!response.ok) return response.json().then(failed(response), failed(response));
    return response;
  });
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer of a read, or its `Problem` thrown. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await checked(answer)).data;
}

/** The answer of a write with its new version and how far it came, or its `Problem` thrown. */
export async function write<T>(answer: Promise<Answer<T>>): Promise<Written<T>> {
  const { data, response } = await checked(answer);
  const propagation = propagationOf(data);
  return { data, etag: response.headers.get("etag"), ...(propagation === null ? {} : { propagation }) };
}

async function checked<T>(answer: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  // A 204 has no body: its type is undefined, too.
  return { data: data as T, response };
}

function propagationOf(data: unknown): Propagation | null {
  if (typeof data !== "object" || data === null || !("propagation" in data)) return null;
  const found = data.propagation;
  if (typeof found !== "object" || found === null || !("edges" in found) || !("confirmed" in found)) return null;
  return found as Propagation;
}

function failed(response: Response): (body: unknown) => never {
  return (body) => {
    throw body instanceof Problem ? body : problemOf(response, body);
  };
}

/** Short tokens for the services that take no cookie. They live here, in variables, and are renewed before they end. */

import { problemOf, unreachable } from "./problem";
import { signInAgain, timesSignedIn } from "./signed-in";

export type Audience = "analytics" | "events";

interface Held {
  readonly token: string;
  readonly renewAt: number;
}

const EARLY_MILLISECONDS = 60_000;
const held = new Map<Audience, Held>();
const coming = new Map<Audience, Promise<string>>();

export function forgetTokens(audience?: Audience): void {
  if (audience === undefined) held.clear();
  else held.delete(audience);
}

export async function token(audience: Audience): Promise<string> {
  const current = held.get(audience);
  if (current !== undefined && Date.now() < current.renewAt) return current.token;
  const started = coming.get(audience) ?? fetched(audience).finally(() => coming.delete(audience));
  coming.set(audience, started);
  return started;
}

async function fetched(audience: Audience): Promise<string> {
  const sent = timesSignedIn();
  const response = await asked(audience);
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 401) {
    const again = signInAgain(sent);
    if (again !== null) {
      await again;
      return fetched(audience);
    }
  }
  if (!response.ok || !isToken(body)) throw problemOf(response, body);
  held.set(audience, {
    token: body.access_token,
    renewAt: Date.now() + Math.max(body.expires_in * 1000 - EARLY_MILLISECONDS, 1000),
  });
  return body.access_token;
}

async function asked(audience: Audience): Promise<Response> {
  try {
    return await fetch("/api/v1/auth/access-token", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Verdict-CSRF": "1" },
      body: JSON.stringify({ audience }),
    });
  } catch {
    throw unreachable("control plane");
  }
}

function isToken(value: unknown): value is { access_token: string; expires_in: number } {
  return (
    typeof value === "object" &&
    value !== null &&
    "access_token" in value &&
    typeof value.access_token === "string" &&
    "expires_in" in value &&
    typeof value.expires_in === "number"
  );
}

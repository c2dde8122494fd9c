/** Signing in and out. */

import { problemOf, unreachable } from "./problem";
import { forgetTokens } from "./tokens";

async function asked(method: string, path: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: { "X-Verdict-CSRF": "1", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable("control plane");
  }
}

async function done(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  forgetTokens();
  return body;
}

export async function signIn(email: string, password: string): Promise<void> {
  await done(await asked("POST", "/api/v1/auth/sessions", { email, password }));
}

export async function signOut(): Promise<void> {
  const response = await asked("DELETE", "/api/v1/me/sessions/current");
  // Who is signed out already has what they wanted.
  if (response.status !== 401) await done(response);
  forgetTokens();
}

export async function acceptInvitation(secret: string, password: string, name: string): Promise<void> {
  await done(
    await asked("POST", "/api/v1/auth/invitations/accept", { secret, password, ...(name === "" ? {} : { name }) }),
  );
}

/** By somebody who has an account and is signed in. */
export async function joinByInvitation(secret: string): Promise<void> {
  await done(await asked("POST", "/api/v1/me/invitations/accept", { secret }));
}

export async function askForReset(email: string): Promise<void> {
  await done(await asked("POST", "/api/v1/auth/password-resets", { email }));
}

export async function resetPassword(secret: string, password: string): Promise<void> {
  await done(await asked("POST", "/api/v1/auth/password-resets/use", { secret, password }));
}

export interface Ways {
  readonly password: boolean;
  readonly singleSignOn: string | null;
}

export async function waysToSignIn(email: string): Promise<Ways> {
  const response = await asked("GET", `/api/v1/auth/ways?email=${encodeURIComponent(email)}`);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok || typeof body !== "object" || body === null) throw problemOf(response, body);
  const password = "password" in body && body.password === true;
  const name = "single_sign_on" in body && typeof body.single_sign_on === "string" ? body.single_sign_on : null;
  return { password, singleSignOn: name };
}

/** The id of who has the browser's session now, null of nobody; asks nobody to sign in. */
export async function whoIsSignedIn(): Promise<string | null> {
  const response = await asked("GET", "/api/v1/me");
  if (response.status === 401) return null;
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok || typeof body !== "object" || body === null || !("id" in body)) throw problemOf(response, body);
  return String(body.id);
}

export function singleSignOnAddress(email: string, returnTo: string): string {
  return `/api/v1/auth/oidc/start?email=${encodeURIComponent(email)}&return_to=${encodeURIComponent(returnTo)}`;
}

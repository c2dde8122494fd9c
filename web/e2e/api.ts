/** The API as a journey's program asks it, to set the scene and to look what the pages have done. */
import { stack } from "./stack";

export interface Person {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly etag: string;
  readonly body: T;
}

type Json = Record<string, unknown> | readonly unknown[];

interface Login {
  readonly access_token: string;
  readonly expires_in: number;
}

/** One person's calls; paths begin behind `/api/v1`. A run may take longer than a token: it is renewed at half of its time. */
export class Api {
  private constructor(
    readonly person: Person,
    private login: Promise<Login>,
    private renewAt: number,
  ) {}

  static async signedIn(person: Person): Promise<Api> {
    const login = await signIn(person);
    return new Api(person, Promise.resolve(login), halfOf(login));
  }

  /** The administrator of the stack. */
  static admin(): Promise<Api> {
    const { admin_email: email, admin_password: password } = stack();
    return Api.signedIn({ email, password, name: "Administrator" });
  }

  get<T = Record<string, unknown>>(path: string): Promise<T> {
    return this.ask<T>("GET", path).then((answer) => answer.body);
  }

  post<T = Record<string, unknown>>(path: string, body?: Json, headers?: Record<string, string>): Promise<T> {
    return this.ask<T>("POST", path, body, headers).then((answer) => answer.body);
  }

  put<T = Record<string, unknown>>(path: string, body?: Json, headers?: Record<string, string>): Promise<T> {
    return this.ask<T>("PUT", path, body, headers).then((answer) => answer.body);
  }

  delete(path: string, headers?: Record<string, string>): Promise<void> {
    return this.ask("DELETE", path, undefined, headers).then(() => undefined);
  }

  /** A PATCH of what stands now. */
  async change<T = Record<string, unknown>>(path: string, body: Json): Promise<T> {
    const { etag } = await this.ask("GET", path);
    return (await this.ask<T>("PATCH", path, body, { "If-Match": etag })).body;
  }

  /** Any answer; throws when it is none of success. */
  async ask<T = unknown>(
    method: string,
    path: string,
    body?: Json,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return send<T>(method, address(path), body, { Authorization: `Bearer ${await this.token()}`, ...headers });
  }

  private async token(): Promise<string> {
    if (Date.now() > this.renewAt) {
      this.renewAt = Number.POSITIVE_INFINITY;
      this.login = signIn(this.person);
      this.renewAt = halfOf(await this.login);
    }
    return (await this.login).access_token;
  }
}

async function signIn({ email, password }: Person): Promise<Login> {
  return (await send<Login>("POST", address("/auth/login"), { email, password })).body;
}

function halfOf({ expires_in }: Login): number {
  return Date.now() + expires_in * 500;
}

function address(path: string): string {
  return `${stack().control_plane}/api/v1${path}`;
}

/** What answers; throws what it says when that is no success. On a connection of its own: one that stood idle may be closed
 * by the service just as it is taken again. */
export async function send<T = unknown>(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const answer = await fetch(url, {
    method,
    headers: {
      Accept: "application/json",
      Connection: "close",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  const parsed: unknown = text === "" ? null : JSON.parse(text);
  return { status: answer.status, etag: answer.headers.get("etag") ?? "", body: parsed as T };
}

/** Where a journey takes place: an organization and a project of its own, and people who belong to it. */
import { randomBytes } from "node:crypto";
import { Api, type Person, send } from "./api";
import { stack } from "./stack";

const PASSWORD = "a good long passphrase";
const ENVIRONMENTS = ["staging", "production"];

export interface Place {
  readonly organization: string;
  readonly project: string;
  readonly environments: readonly string[];
  /** Below `/api/v1`: `/projects/{project}`. */
  readonly at: string;
  readonly owner: Person;
  /** The owner's calls. */
  readonly api: Api;
  /** Somebody else of the organization with this role; their name is made from it. */
  person(role: string, name?: string): Promise<Person>;
  /** A key of the environment. */
  key(environment: string, kind?: "server" | "client"): Promise<string>;
  /** What the edge serves: asked until `settled` says that this is it. */
  served(environment: string, flag: string, context: Context, settled: (answer: Served) => boolean): Promise<Served>;
}

export interface Context {
  readonly targetingKey: string;
  readonly [attribute: string]: unknown;
}

export interface Served {
  readonly key: string;
  readonly value: unknown;
  readonly reason: string;
  readonly variant?: string;
}

export async function newPlace(admin: Api): Promise<Place> {
  const mark = randomBytes(4).toString("hex");
  const { id } = await admin.post<{ id: string }>("/organizations", {
    key: `org-${mark}`,
    name: `Organization ${mark}`,
  });
  const organization = `/organizations/${id}`;

  async function person(by: Api, role: string, name: string): Promise<Person> {
    const email = `${name
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, ".")
      .slice(0, 20)}.${mark}@example.com`;
    const { link } = await by.post<{ link: string }>(`${organization}/invitations`, { email, role });
    const account = { secret: link.slice(link.indexOf("=") + 1), name, password: PASSWORD };
    await send("POST", `${stack().control_plane}/api/v1/auth/invitations/accept`, account);
    return { email, name, password: PASSWORD };
  }

  const owner = await person(admin, "owner", "Olivia Owner");
  const api = await Api.signedIn(owner);
  const project = `shop-${mark}`;
  const made = await api.post<{ id: string }>(`${organization}/projects`, { key: project, name: `Shop ${mark}` });
  const at = `/projects/${made.id}`;
  for (const key of ENVIRONMENTS) {
    const name = key === "production" ? "Production" : "Staging";
    await api.post(`${at}/environments`, { key, name });
  }
  const keys = new Map<string, Promise<string>>();
  const key = (environment: string, kind: "server" | "client" = "server"): Promise<string> => {
    const known = `${environment} ${kind}`;
    const asked =
      keys.get(known) ??
      api
        .post<{ key: string }>(`${at}/environments/${environment}/sdk-keys`, { kind, name: `${kind} of a journey` })
        .then((answer) => answer.key);
    keys.set(known, asked);
    return asked;
  };
  return {
    organization: id,
    project,
    environments: ENVIRONMENTS,
    at,
    owner,
    api,
    key,
    person: (role, name = `${role[0]?.toUpperCase()}${role.slice(1)} Person`) => person(api, role, name),
    served: async (environment, flag, context, settled) => untilServed(await key(environment), flag, context, settled),
  };
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

async function untilServed(
  key: string,
  flag: string,
  context: Context,
  settled: (answer: Served) => boolean,
): Promise<Served> {
  const until = Date.now() + PATIENCE_MS;
  const url = `${stack().edge}/ofrep/v1/evaluate/flags/${encodeURIComponent(flag)}`;
  for (;;) {
    const answer = await send<Served>("POST", url, { context }, { Authorization: `Bearer ${key}` }).catch(
      // A key is known to the edge a moment after it was made, as a flag is.
      (error: unknown): Error => (error instanceof Error ? error : new Error(String(error))),
    );
    if (!(answer instanceof Error) && settled(answer.body)) return answer.body;
    if (Date.now() > until) {
      throw answer instanceof Error ? answer : new Error(`the edge serves ${JSON.stringify(answer.body)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

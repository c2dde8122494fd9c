/** A project with one of everything, so that no page is empty. `said` makes each text that a person might have typed. */
import { send } from "./api";
import type { Place } from "./place";
import { stack } from "./stack";

export interface Scene {
  /** Examples of what stands in a path: by the pages' noun. */
  readonly keys: ReadonlyMap<string, string>;
}

export const FLAG = "new-checkout";
export const HALVES = share(50);

/** A rollout of "on" to this percentage. */
export function share(on: number): { rollout: { variations: { key: string; weight: number }[] } } {
  return {
    rollout: {
      variations: [
        { key: "on", weight: on },
        { key: "off", weight: 100 - on },
      ],
    },
  };
}

/** A flag with on and off, off everywhere. */
export function flag(key: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    key,
    type: "boolean",
    variations: [
      { key: "on", value: true },
      { key: "off", value: false },
    ],
    off_variation: "off",
    default: { variation: "off" },
    ...more,
  };
}

export async function furnish(place: Place, said: (text: string) => string = (text) => text): Promise<Scene> {
  const { api, at, organization } = place;
  const told = {
    name: said("New checkout"),
    description: said("One page instead of three"),
    tags: ["shop"],
    variations: [
      { key: "on", value: true, name: said("One page") },
      { key: "off", value: false, name: said("Three pages") },
    ],
  };
  await api.post(`${at}/segments`, {
    key: "beta",
    name: said("Beta customers"),
    description: said("Who asked for it"),
    included: [said("u1")],
    if: { attribute: "plan", operator: "eq", value: said("pro") },
  });
  await api.post(`${at}/flags`, flag(FLAG, told));
  await api.post(
    `${at}/flags`,
    flag("free-shipping", { name: said("Free shipping"), metadata: { owner: said("shop") } }),
  );
  const settings = `${at}/flags/${FLAG}/environments/production`;
  await api.change(settings, {
    rules: [
      { if: { segment: "beta" }, then: HALVES },
      { if: { attribute: "country", operator: "in", value: [said("DE"), "FR"] }, then: { variation: "on" } },
    ],
  });
  await api.put(`${settings}/enabled`, { enabled: true });
  await api.post(`${at}/metrics`, {
    key: "purchase",
    name: said("Purchase"),
    description: said("A sale"),
    aggregation: "conversion",
  });
  await api.post(`${at}/layers`, { key: "pricing", name: said("Pricing"), description: said("Prices") });
  await api.post(`${at}/holdouts`, { key: "nobody", name: said("Held out"), share: 5 });
  await api.post(`${at}/configs`, {
    key: "page",
    name: said("Page"),
    schema: { properties: { retries: { type: "integer", maximum: 9 }, title: { type: "string" } } },
    value: { retries: 3, title: said("Welcome") },
  });
  await api.change(`${at}/configs/page/environments/production`, {
    overrides: [{ segment: "beta", value: { retries: 9 } }],
    resolve: "merge",
  });
  await api.post(`${at}/experiments`, {
    key: "checkout-test",
    name: said("Checkout test"),
    hypothesis: said("More people buy"),
    environment: "production",
    flag: FLAG,
    variations: [
      { key: "off", weight: 50 },
      { key: "on", weight: 50 },
    ],
    metrics: [{ metric: "purchase" }],
    plan: { mode: "fixed", planned_units: 10_000 },
  });
  await api.put(`${at}/personas/french`, {
    name: said("Somebody in France"),
    description: said("Buys at noon"),
    context: { targetingKey: said("fr-1"), country: "FR", plan: said("pro") },
  });
  const unit = encodeURIComponent(said("tester"));
  const overrides = `${at}/environments/production/overrides`;
  await api.put(`${overrides}/${unit}`, { flag: "free-shipping", variation: "on", reason: said("to see it") });
  const rollouts = `${at}/environments/staging/rollouts`;
  await api.post(rollouts, {
    key: "careful",
    flag: FLAG,
    variation: "on",
    plan: {
      steps: [
        { share: 10, hold_seconds: 3600 },
        { share: 50, approval: true },
      ],
    },
  });
  const edit = { entity: "flag_settings", key: FLAG, environment: "staging", action: "update" };
  await api.post(`${at}/change-requests`, {
    title: said("On in staging"),
    description: said("As agreed"),
    edits: [{ ...edit, document: { enabled: true } }],
  });
  await api.post(`${at}/change-requests/1/comments`, { text: said("Half of them at first") });
  await api.post(`${at}/environments/production/sdk-keys`, { kind: "server", name: said("Shop") });
  await api.post(`/organizations/${organization}/groups`, { key: "buyers", name: said("Buyers") });
  await api.post(`/organizations/${organization}/roles`, {
    key: "switcher",
    name: said("Switcher"),
    description: said("Switches flags"),
    rights: ["flag:read", "flag:toggle"],
  });
  const webhook = await api.post<{ id: string }>(`/organizations/${organization}/webhooks`, {
    description: said("To the chat"),
    url: "http://127.0.0.1:9/verdict",
    events: ["flag.updated"],
  });
  const dora = await place.person("developer", said("Dora Developer"));
  const members = await api.get<{ items: { id: string; email: string }[] }>(`/organizations/${organization}/members`);
  const member = members.items.find((each) => each.email === dora.email);
  if (member === undefined) throw new Error("who was invited is no member");
  return {
    keys: new Map([
      ["flags", FLAG],
      ["segments", "beta"],
      ["configs", "page"],
      ["metrics", "purchase"],
      ["experiments", "checkout-test"],
      ["rollouts", "careful"],
      ["changes", "1"],
      ["webhooks", webhook.id],
      ["person", member.id],
      ["exports", await nightly(place, said("Nightly"))],
    ]),
  };
}

/** An export that runs when somebody says so; its destination is never reached here. */
async function nightly({ owner: { email, password }, project }: Place, name: string): Promise<string> {
  const login = await send<{ access_token: string }>("POST", `${stack().control_plane}/api/v1/auth/login`, {
    email,
    password,
  });
  const made = {
    name,
    project,
    environment: "production",
    destination: { type: "object_store", bucket: "verdict-exports", region: "eu-north-1" },
    credentials: { access_key_id: "AKIAEXAMPLE", secret_access_key: "an example of a secret" },
    schedule: "manual",
  };
  const headers = { Authorization: `Bearer ${login.body.access_token}` };
  const { body } = await send<{ id: string }>("POST", `${stack().analytics}/v1/exports`, made, headers);
  return body.id;
}

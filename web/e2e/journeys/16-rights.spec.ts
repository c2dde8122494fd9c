import { Api, expect, type Person, type Place, test } from "../fixtures";
import { FLAG, flag, furnish } from "../scene";

/** Controls of the pages, with the right that the API asks for where they lead. */
const CONTROLS = [
  { page: "keys?env=production", name: "Create SDK key", right: "sdk_key:manage", environment: "production" },
  { page: "keys/tokens", name: "Create token", right: "token:manage" },
  { page: "people", name: "Invite somebody", right: "member:manage" },
  { page: "people/roles", name: "Create role", right: "role:manage" },
  { page: "people/groups", name: "Create group", right: "group:manage" },
  { page: "webhooks", name: "Create webhook", right: "webhook:manage" },
  { page: "exports", name: "Create export", right: "export:manage" },
  { page: "settings", name: "Create environment", right: "environment:create" },
  { page: "rollout-templates", name: "Create template", right: "rollout:manage" },
  { page: "changes/1?env=production", name: "Approve", right: "change:review", environment: "production" },
] as const;

/** Controls of what a project has, with what they lead to as the API is asked for it. */
const ASKED: readonly {
  readonly page: string;
  readonly role?: "switch";
  readonly name: string;
  readonly ask: (api: Api, place: Place) => Promise<unknown>;
}[] = [
  {
    page: "flags?env=production",
    role: "switch",
    name: `${FLAG} in Production`,
    ask: (api, { at }) =>
      api.put(`${at}/flags/${FLAG}/environments/production/enabled?dry_run=true`, { enabled: false }),
  },
  { page: "flags", name: "Create flag", ask: (api, { at }) => api.post(`${at}/flags?dry_run=true`, flag("mine")) },
  {
    page: "segments",
    name: "Create segment",
    ask: (api, { at }) => api.post(`${at}/segments?dry_run=true`, { key: "mine", name: "Mine" }),
  },
  {
    page: "metrics",
    name: "Define metric",
    ask: (api, { at }) => api.post(`${at}/metrics`, { key: "mine", name: "Mine", aggregation: "conversion" }),
  },
  {
    page: "experiments/layers",
    name: "Create layer",
    ask: (api, { at }) => api.post(`${at}/layers`, { key: "mine", name: "Mine" }),
  },
  {
    page: "experiments/holdouts",
    name: "Create holdout",
    ask: (api, { at }) => api.post(`${at}/holdouts`, { key: "mine", name: "Mine", share: 1 }),
  },
  {
    page: "overrides?env=production",
    name: "Set override",
    ask: (api, { at }) =>
      api.put(`${at}/environments/production/overrides/mine`, {
        flag: "free-shipping",
        variation: "on",
        reason: "to see it",
      }),
  },
  {
    page: "experiments?env=production",
    name: "Design experiment",
    ask: (api, { at }) =>
      api.post(`${at}/experiments`, {
        key: "mine",
        environment: "production",
        flag: "free-shipping",
        variations: [
          { key: "off", weight: 50 },
          { key: "on", weight: 50 },
        ],
        metrics: [{ metric: "purchase" }],
        plan: { mode: "fixed", planned_units: 100 },
      }),
  },
  {
    page: "experiments/checkout-test?env=production",
    name: "Start",
    ask: async (api, place) => {
      const { etag } = await place.api.ask("GET", `${place.at}/experiments/checkout-test`);
      return api.post(`${place.at}/experiments/checkout-test/start`, {}, { "If-Match": etag });
    },
  },
];

const SOMEBODY_GIVES_IT = /; (?!nobody|whoever).+ can give it$/;

interface Permissions {
  readonly organization: readonly string[];
  readonly project: readonly string[];
  readonly environments: Readonly<Record<string, readonly string[]>>;
}

for (const role of ["viewer", "analyst", "developer"] as const) {
  test(`each control equals the API's answer: ${role}`, async ({ page, place, signIn, clean }) => {
    const { api, at } = place;
    await api.post(`${at}/segments`, { key: "beta", name: "Beta", included: ["u1"] });
    const edit = { entity: "segment", key: "beta", action: "update", document: { name: "Beta people" } };
    await api.post(`${at}/change-requests`, { title: "Another name", edits: [edit] });
    const person: Person = await place.person(role);
    const theirs = await Api.signedIn(person);
    const held = await theirs.get<Permissions>(`/me/permissions?project=${place.project}`);
    await signIn(page, person);
    for (const control of CONTROLS) {
      const places =
        "environment" in control
          ? (held.environments[control.environment] ?? [])
          : [...held.project, ...held.organization];
      const allowed = places.includes(control.right);
      await page.goto(`/p/${place.project}/${control.page}`);
      const button = page.getByRole("button", { name: control.name, exact: true }).first();
      await expect(button, control.name).toBeVisible();
      if (allowed) {
        await expect(button, control.name).not.toHaveAttribute("aria-disabled", "true");
      } else {
        await expect(button, control.name).toHaveAttribute("aria-disabled", "true");
        await button.focus();
        const why = page.getByRole("tooltip").filter({ hasText: control.right });
        await expect(why, control.name).toBeVisible();
        // By name: whoever is refused is told whom to ask.
        await expect(why, control.name).toHaveText(SOMEBODY_GIVES_IT);
        await page.keyboard.press("Enter");
        await expect(page.getByRole("dialog")).toHaveCount(0);
      }
    }
    await clean(page, { name: `controls of a ${role}` });

    // What the controls say is what the API does.
    const asked = await theirs
      .post(`${at}/environments/production/sdk-keys`, { kind: "server", name: "Mine" })
      .then(() => "given")
      .catch((refusal: unknown) => String(refusal));
    expect(asked).toContain("missing_right");
  });
}

for (const role of ["viewer", "analyst", "developer"] as const) {
  test(`what can't be done in pages is what the API refuses: ${role}`, async ({ page, place, signIn, clean }) => {
    await furnish(place);
    const person = await place.person(role);
    const theirs = await Api.signedIn(person);
    await signIn(page, person);
    for (const { page: at, role: kind = "button", name, ask } of ASKED) {
      await page.goto(`/p/${place.project}/${at}`);
      const control = page.getByRole(kind, { name, exact: true }).first();
      await expect(control, name).toBeVisible();
      // Before it is asked: what is taken may take the control away.
      const isDisabled = (await control.getAttribute("aria-disabled")) === "true";
      const refusal = await ask(theirs, place).then(
        () => "",
        (thrown: unknown) => String(thrown),
      );
      if (refusal !== "") expect(refusal, name).toContain("missing_right");
      expect(isDisabled, `${name}: ${refusal === "" ? "taken" : "refused"} by the API`).toBe(refusal !== "");
    }
    await clean(page, { name: `an experiment as a ${role} sees it` });
  });
}

import { Api, expect, type Person, test } from "../fixtures";

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

const SOMEBODY_GIVES_IT = /; (?!nobody|whoever).+ can give it$/;

interface Permissions {
  readonly organization: readonly string[];
  readonly project: readonly string[];
  readonly environments: Readonly<Record<string, readonly string[]>>;
}

for (const role of ["viewer", "analyst", "developer"] as const) {
  test(`each control of a ${role} equals the API's answer`, async ({ page, place, signIn, clean }) => {
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

import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import type { Place } from "../place";
import { refused } from "../refusal";

const LONG_NAME = "n".repeat(201);
const LONG_TEXT = "t".repeat(2001);
const BAD_KEY = "No key";

interface Form {
  readonly name: string;
  readonly page: string;
  readonly open: string;
  readonly send: string;
  readonly fill: (form: Locator, page: Page) => Promise<unknown>;
  /** Paths, and the names of their controls. */
  readonly lands: readonly (readonly [path: string, control: string, role?: "textbox" | "combobox"])[];
}

const fillAll =
  (texts: Readonly<Record<string, string>>) =>
  async (form: Locator): Promise<void> => {
    for (const [name, text] of Object.entries(texts)) await form.getByRole("textbox", { name, exact: true }).fill(text);
  };

const FORMS: readonly Form[] = [
  {
    name: "a flag",
    page: "flags",
    open: "Create flag",
    send: "Create flag",
    fill: async (form) => {
      await fillAll({ "Key of variation 1": BAD_KEY, Key: BAD_KEY, Description: LONG_TEXT })(form);
      await form.getByRole("combobox", { name: "Tags" }).fill("t".repeat(65));
      await form.getByRole("combobox", { name: "Tags" }).press("Enter");
    },
    lands: [
      ["key", "Key"],
      ["description", "Description"],
      ["tags[0]", "Tags", "combobox"],
      ["variations[0].key", "Key of variation 1"],
    ],
  },
  {
    name: "a segment",
    page: "segments",
    open: "Create segment",
    send: "Create segment",
    fill: fillAll({ Name: LONG_NAME, Key: BAD_KEY, Description: LONG_TEXT }),
    lands: [
      ["key", "Key"],
      ["name", "Name"],
      ["description", "Description"],
    ],
  },
  {
    name: "a config",
    page: "configs",
    open: "Create config",
    send: "Create config",
    fill: fillAll({ Name: LONG_NAME, Key: BAD_KEY }),
    lands: [
      ["key", "Key"],
      ["name", "Name"],
    ],
  },
  {
    name: "a webhook",
    page: "webhooks",
    open: "Create webhook",
    send: "Create the webhook",
    fill: fillAll({ Address: "https://hooks example.com" }),
    lands: [["url", "Address"]],
  },
  {
    name: "an invitation",
    page: "people/invitations",
    open: "Invite somebody",
    send: "Invite",
    fill: fillAll({ "E-mail address": "anna@" }),
    lands: [["email", "E-mail address"]],
  },
  {
    name: "a role",
    page: "people/roles",
    open: "Create role",
    send: "Create the role",
    fill: async (form) => {
      await fillAll({ Name: "Viewer" })(form);
      await form.getByRole("checkbox").first().check();
    },
    lands: [["key", "Name"]],
  },
  {
    name: "an export",
    page: "exports",
    open: "Create export",
    send: "Create the export",
    fill: fillAll({
      Name: LONG_NAME,
      Bucket: "No bucket",
      Region: "?",
      "Access key id": "a".repeat(3000),
      "Secret access key": "secret",
    }),
    lands: [
      ["name", "Name"],
      ["destination.object_store.bucket", "Bucket"],
      ["destination.object_store.region", "Region"],
    ],
  },
];

test("what each dialog is refused for lands on its controls", async ({ page, place, signIn, clean }) => {
  await signIn(page, place.owner);
  for (const { name, page: at, open, send, fill, lands } of FORMS) {
    await test.step(name, async () => {
      await page.goto(`/p/${place.project}/${at}?env=staging`);
      await page.getByRole("button", { name: open, exact: true }).first().click();
      const form = page.getByRole("dialog");
      await fill(form, page);
      await refused(
        page,
        () => form.getByRole("button", { name: send, exact: true }).click(),
        lands.map(([path, control, role = "textbox"]) => ({
          path,
          control: form.getByRole(role, { name: control, exact: true }),
        })),
      );
    });
  }
  await clean(page);
});

test("what each page is refused for lands on its controls, after its review, too", async ({
  page,
  place,
  signIn,
  clean,
}) => {
  await furnish(place);
  await signIn(page, place.owner);
  const go = (path: string) => page.goto(`/p/${place.project}/${path}${path.includes("?") ? "&" : "?"}env=staging`);
  const box = (name: string) => page.getByRole("textbox", { name, exact: true });
  const press = (name: string) => () => page.getByRole("button", { name, exact: true }).click();
  const review = async () => {
    await page.keyboard.press("Control+s");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await expect(dialog).toBeHidden();
  };

  await test.step("variations", async () => {
    await go("flags/theme/variations");
    await press("Add variation")();
    const key = page.getByRole("textbox", { name: "Key" }).last();
    await key.fill(BAD_KEY);
    await refused(page, review, [{ path: "variations[2].key", control: key }]);
  });
  await test.step("a segment", async () => {
    await go("segments/pro");
    const value = page.getByRole("textbox", { name: "Value", exact: true });
    await value.fill("two");
    await refused(page, review, [{ path: "if.value", control: value }]);
    await value.fill("2.0.0");
    await box("Description").fill(LONG_TEXT);
    await refused(page, review, [{ path: "description", control: box("Description") }]);
  });
  await test.step("a config's value and schema", async () => {
    await go("configs/limits/definition");
    await page.getByRole("textbox", { name: "retries" }).fill("12");
    await refused(page, review, [{ path: "value/retries", control: page.getByRole("textbox", { name: "retries" }) }]);
    await page.getByRole("textbox", { name: "retries" }).fill("4");
    const schema = page.getByRole("textbox", { name: "Schema" });
    await schema.fill('{"type": "objects"}');
    await refused(page, review, [{ path: "schema/type", control: schema }]);
  });
  await test.step("a config in an environment", async () => {
    await go("configs/limits");
    await page.getByRole("switch", { name: "A value of its own" }).check();
    const retries = page.getByRole("textbox", { name: "retries" });
    await retries.fill("12");
    await refused(page, review, [{ path: "value/retries", control: retries }]);
  });
  await test.step("a metric", async () => {
    await go("metrics/new");
    await box("Name").fill(LONG_NAME);
    await box("Key").fill(BAD_KEY);
    await refused(page, press("Define the metric"), [
      { path: "key", control: box("Key") },
      { path: "name", control: box("Name") },
    ]);
    await go("metrics/purchases/definition");
    await box("Description").fill(LONG_TEXT);
    await refused(page, review, [{ path: "description", control: box("Description") }]);
  });
  await test.step("an experiment", async () => {
    await go("experiments/theme-test/design");
    await box("Hypothesis").fill(LONG_TEXT);
    await refused(page, review, [{ path: "hypothesis", control: box("Hypothesis") }]);
  });
  await test.step("a rollout", async () => {
    await go("new-rollout?flag=theme");
    await page.getByRole("combobox", { name: "Variation" }).click();
    await page.getByRole("option", { name: "dark", exact: true }).click();
    await box("Key").fill(BAD_KEY);
    const held = page.getByRole("textbox", { name: "Held for" }).first();
    await held.fill("99999");
    await refused(page, press("Create the rollout"), [
      { path: "key", control: box("Key") },
      { path: "plan.steps[0].hold_seconds", control: held },
    ]);
  });
  await clean(page);
});

/** What the pages show. */
async function furnish({ api, at }: Place): Promise<void> {
  await api.post(`${at}/flags`, {
    key: "theme",
    type: "string",
    variations: [
      { key: "light", value: "light" },
      { key: "dark", value: "dark" },
    ],
    off_variation: "light",
    default: { variation: "light" },
  });
  await api.post(`${at}/segments`, {
    key: "pro",
    if: { attribute: "app_version", operator: "semver_gte", value: "2.4.0" },
  });
  const schema = { type: "object", properties: { retries: { type: "integer", maximum: 9 } } };
  await api.post(`${at}/configs`, { key: "limits", schema, value: { retries: 3 } });
  await api.post(`${at}/metrics`, { key: "purchases", name: "Purchases", aggregation: "conversion" });
  await api.post(`${at}/experiments`, {
    key: "theme-test",
    name: "Theme test",
    flag: "theme",
    environment: "staging",
    variations: [
      { key: "light", weight: 50 },
      { key: "dark", weight: 50 },
    ],
    metrics: [{ metric: "purchases", role: "goal" }],
  });
}

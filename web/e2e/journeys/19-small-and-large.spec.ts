import { Api } from "../api";
import { expect, test } from "../fixtures";
import { drawn, tooWide } from "../looks";
import { exposure, furnishFlag, outcome, sendEvents, untilResults } from "../outcomes";
import { openPage } from "../pages";
import { FLAG, furnish } from "../scene";

/** A phone; and a laptop at 200%, which halves what its window holds. */
const SIZES = [
  { what: "360 px", viewport: { width: 360, height: 780 } },
  { what: "200%", viewport: { width: 640, height: 400 } },
] as const;

for (const { what, viewport } of SIZES) {
  test.describe(`at ${what}`, () => {
    test.use({ viewport });

    test("a flag is turned off", async ({ page, place, signIn, clean }) => {
      await furnish(place);
      const context = { targetingKey: "u9", country: "FR" };
      await place.served("production", FLAG, context, ({ value }) => value === true);
      await signIn(page, place.owner);
      await openPage(page, `/p/${place.project}/flags/${FLAG}?env=production`);
      await page
        .getByRole("switch", { name: /production/i })
        .first()
        .click();
      await expect(page.getByText(/Live on/).first()).toBeVisible();
      await place.served("production", FLAG, context, ({ value }) => value === false);
      await expect.poll(() => tooWide(page)).toEqual([]);
      await clean(page, { name: `flag off at ${what}` });
    });

    test("a change is approved", async ({ page, place, signIn }) => {
      await furnish(place);
      const policy = `${place.at}/environments/production/approval-policy`;
      const { etag } = await place.api.ask("GET", policy);
      await place.api.put(policy, { required: true, people: 1 }, { "If-Match": etag });
      const author = await Api.signedIn(await place.person("developer", "Anna Author"));
      const { number } = await author.post<{ number: number }>(`${place.at}/change-requests`, {
        title: "Off in production",
        edits: [
          {
            entity: "flag_settings",
            key: FLAG,
            environment: "production",
            action: "update",
            document: { default: { variation: "on" } },
          },
        ],
      });
      await signIn(page, place.owner);
      await openPage(page, `/p/${place.project}/changes/${number}?env=production`);
      await page.getByRole("button", { name: "Approve" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Approve" }).click();
      await expect(dialog).toHaveCount(0);
      await expect(page.getByText("Ready to apply").first()).toBeVisible();
      await expect.poll(() => tooWide(page)).toEqual([]);
    });

    test("results are read", async ({ page, place, signIn, clean }) => {
      await furnishFlag(place, "production", "new-checkout", "purchase");
      await place.api.post(`${place.at}/experiments`, {
        key: "read-small",
        name: "Read on a small screen",
        environment: "production",
        flag: "new-checkout",
        variations: [
          { key: "off", weight: 50 },
          { key: "on", weight: 50 },
        ],
        metrics: [{ metric: "purchase", role: "goal" }],
        plan: { mode: "always_valid", minimum_days: 0 },
      });
      await place.api.post(`${place.at}/experiments/read-small/start`);
      const users = Array.from({ length: 400 }, (_, at) => ({ user: `user-${at}`, variation: at % 2 ? "off" : "on" }));
      await sendEvents(await place.key("production"), [
        ...users.map(({ user, variation }) => exposure(user, "new-checkout", variation, "read-small")),
        ...users.filter((_, at) => at % 3 === 0).map(({ user }) => outcome(user, "purchase")),
      ]);
      await untilResults(place, "production", "read-small", ({ units }) => units.total === users.length);
      await signIn(page, place.owner);
      await openPage(page, `/p/${place.project}/experiments/read-small?env=production`);
      const goals = page.getByRole("region", { name: "Goals" });
      await expect(goals).toContainText("Purchase");
      await goals.getByText("Details of Purchase").click();
      await drawn(page);
      await expect.poll(() => tooWide(page)).toEqual([]);
      await clean(page, { name: `results at ${what}` });
    });
  });
}

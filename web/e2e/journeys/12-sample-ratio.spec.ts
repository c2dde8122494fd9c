import { expect, test } from "../fixtures";
import { exposure, furnishFlag, outcome, sendEvents, untilResults } from "../outcomes";

test("shares that don't fit veil the figures and ship nothing", async ({ page, place, signIn, clean }) => {
  await furnishFlag(place, "production", "new-checkout", "purchase");
  await place.api.post(`${place.at}/experiments`, {
    key: "lost-units",
    name: "Lost units",
    environment: "production",
    flag: "new-checkout",
    variations: [
      { key: "off", weight: 50 },
      { key: "on", weight: 50 },
    ],
    metrics: [{ metric: "purchase", role: "goal" }],
    plan: { mode: "always_valid", minimum_days: 0 },
  });
  await place.api.post(`${place.at}/experiments/lost-units/start`);

  // Three of four on one side, where half of them were expected.
  const users = Array.from({ length: 400 }, (_, at) => ({
    user: `user-${at}`,
    variation: at % 4 === 0 ? "off" : "on",
  }));
  await sendEvents(await place.key("production"), [
    ...users.map(({ user, variation }) => exposure(user, "new-checkout", variation, "lost-units")),
    ...users.filter((_, at) => at % 3 === 0).map(({ user }) => outcome(user, "purchase")),
  ]);
  const found = await untilResults(place, "production", "lost-units", ({ units }) => units.total === users.length);
  expect(found?.health.find((each) => each.name === "sample_ratio")?.state).toBe("problem");
  expect(found?.decisions.map((each) => each.verdict)).toEqual(["unhealthy"]);

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/experiments/lost-units?env=production`);
  await expect(page.getByText("These figures can't be trusted")).toBeVisible();
  await expect(page.getByText("Shares don't fit")).toBeVisible();
  await expect(page.getByRole("region", { name: "Units and shares" })).toContainText("75.00%");
  await expect(page.getByRole("region", { name: "Goals" })).toHaveCount(0);
  const ship = page.getByRole("button", { name: "Ship on" });
  await expect(ship).toHaveAttribute("aria-disabled", "true");
  await ship.click({ force: true });
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await clean(page);

  await page.getByRole("button", { name: "Show the figures all the same" }).click();
  await expect(page.getByRole("region", { name: "Goals" })).toContainText("Purchase");

  // The list says it, too, and the edge goes on as it was: nothing was stopped by itself.
  await page.goto(`/p/${place.project}/experiments?env=production`);
  await expect(page.getByRole("row", { name: /Lost units/ })).toContainText("Sample ratio");
  const served = await place.served(
    "production",
    "new-checkout",
    { targetingKey: "user-1" },
    (answer) => answer.reason === "SPLIT",
  );
  expect(["on", "off"]).toContain(served.variant);
});

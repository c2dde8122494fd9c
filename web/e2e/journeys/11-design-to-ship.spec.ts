import { expect, test } from "../fixtures";
import { assign, furnishFlag, outcome, sendEvents, untilResults } from "../outcomes";

const PLANNED = 300;
const users = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `user-${from + at}`);

test("an experiment from its design to what is shipped", async ({ page, place, signIn, clean }) => {
  await furnishFlag(place, "production", "new-checkout", "purchase");
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/experiments/new?env=production`);

  await page.getByLabel("Name", { exact: false }).first().fill("New checkout page");
  await expect(page.getByLabel("Key", { exact: false }).first()).toHaveValue("new-checkout-page");
  await page.getByLabel("Flag", { exact: false }).last().click();
  await page.getByRole("option", { name: /New checkout/ }).click();
  await expect(page.getByRole("heading", { name: "Variations and shares" })).toBeVisible();
  await page.getByRole("combobox", { name: "Add a metric" }).click();
  await page.getByRole("option", { name: "Purchase" }).click();
  await expect(page.getByRole("combobox", { name: "Role of Purchase" })).toHaveValue("goal");
  await page.getByRole("radio", { name: "Fixed size" }).check();
  await expect(page.getByText("A fixed size needs its planned units")).toBeVisible();
  await page.getByRole("textbox", { name: "Planned units" }).fill(String(PLANNED));
  await page.getByRole("textbox", { name: "Least run time" }).fill("0");
  await clean(page, { name: "experiment design" });
  await page.getByRole("button", { name: "Save the draft" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "New checkout page" })).toBeVisible();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const checklist = page.getByRole("list", { name: "Before the start" });
  await expect(checklist).toContainText("new-checkout is on in production");
  await expect(checklist).toContainText("1 goal: purchase");
  await page.getByRole("button", { name: "Start the experiment" }).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  const started = await place.api.get<{ status: string }>(`${place.at}/experiments/new-checkout-page`);
  expect(started.status).toBe("running");

  // A part of the planned units: counts are there, and no lift is.
  await place.served("production", "new-checkout", { targetingKey: "user-0" }, (answer) => answer.reason === "SPLIT");
  const first = await assign(place, "production", "new-checkout-page", users(0, 120));
  const key = await place.key("production");
  await sendEvents(key, bought(first));
  await untilResults(place, "production", "new-checkout-page", (found) => found.units.total === 120);
  await page.goto(`/p/${place.project}/experiments/new-checkout-page?env=production`);
  await expect(page.getByText("Too early to read")).toBeVisible();
  await expect(page.getByText("120 units of 300 planned")).toBeVisible();
  const goals = page.getByRole("region", { name: "Goals" });
  await expect(goals).toContainText("Too early");
  await expect(goals.getByRole("img")).toHaveCount(0);
  await clean(page, { name: "results too early" });
  await page.getByRole("button", { name: "Show early figures" }).click();
  await expect(goals.getByRole("img")).toHaveCount(1);
  await expect(page.getByText("far more often than the plan allows")).toBeVisible();

  // All of them: the plan decides.
  const rest = await assign(place, "production", "new-checkout-page", users(120, PLANNED));
  await sendEvents(key, bought(rest));
  const decided = await untilResults(
    place,
    "production",
    "new-checkout-page",
    (found) => found.decisions[0]?.verdict === "ship",
  );
  expect(decided?.plan.complete).toBe(true);
  await page.goto(`/p/${place.project}/experiments/new-checkout-page?env=production`);
  await expect(page.getByRole("heading", { name: /on:? *Ship it/ })).toBeVisible();
  await expect(goals).toContainText("Better");
  await expect(page.locator("main")).not.toContainText(/significant|winner/i);
  await clean(page, { name: "results decided" });
  await page.getByRole("button", { name: "Ship on" }).click();
  const review = page.getByRole("dialog");
  await expect(review).toContainText("The experiment stops for good");
  await expect(review).toContainText("new-checkout serves on");
  await expect(review.getByRole("region", { name: "Who is affected" })).toContainText("get something else");
  await expect(review.getByLabel("Conclusion")).toHaveValue(/\S/);
  await clean(page, { name: "shipping" });
  await review.getByRole("button", { name: "Ship on" }).click();
  await expect(page.getByText("Stopped", { exact: true })).toBeVisible();

  const stopped = await place.api.get<{ status: string }>(`${place.at}/experiments/new-checkout-page`);
  expect(stopped.status).toBe("stopped");
  const served = await place.served(
    "production",
    "new-checkout",
    { targetingKey: "somebody-else" },
    (answer) => answer.variant === "on",
  );
  expect(served.value).toBe(true);
});

/** Six of ten buy with the new page, two of ten without. */
function bought(variations: ReadonlyMap<string, string>) {
  const seen = { on: 0, off: 0 };
  return [...variations].flatMap(([user, variation]) => {
    const number = variation === "on" ? seen.on++ : seen.off++;
    return number % 10 < (variation === "on" ? 6 : 2) ? [outcome(user, "purchase")] : [];
  });
}

import { expect, test } from "../fixtures";
import { openPage } from "../pages";
import { FLAG, furnish } from "../scene";
import type { Stack } from "../stack";

/** Longer than what any page waits before it asks again: a minute for results that take long to compute. */
const RETURNS = { timeout: 120_000 };
const CONTEXT = { targetingKey: "u9", country: "FR" };

test.use({ tolerance: { outages: true } });
test.describe.configure({ mode: "serial", timeout: 600_000 });
test.skip(({ stack }) => stack.control === undefined, "the stack is one that others use, too");

test("analytics away: results say so and come back by themselves, flags go on", async ({
  page,
  place,
  stack,
  signIn,
  clean,
}) => {
  await furnish(place);
  await place.api.post(`${place.at}/experiments/checkout-test/start`);
  await signIn(page, place.owner);
  const main = page.getByRole("main");
  await openPage(page, `/p/${place.project}/experiments/checkout-test?env=production`);
  await expect(main.getByRole("region", { name: "Units and shares" })).toBeVisible();
  await away(stack, "analytics", async () => {
    // What stood there stays, with its age.
    await expect(main.getByText(/This is as of/).first()).toBeVisible(RETURNS);
    await expect(main.getByRole("region", { name: "Units and shares" })).toBeVisible();
    await page.goto(`/p/${place.project}/experiments/checkout-test?env=production`);
    await expect(main.getByRole("alert").first()).toBeVisible(RETURNS);
    await openPage(page, `/p/${place.project}/flags/${FLAG}?env=production`);
    await page
      .getByRole("switch", { name: /production/i })
      .first()
      .click();
    await place.served("production", FLAG, CONTEXT, ({ value }) => value === false);
    await page.goto(`/p/${place.project}/experiments/checkout-test?env=production`);
    await expect(main.getByRole("alert").first()).toBeVisible(RETURNS);
    await clean(page, { name: "analytics away" });
  });
  await expect(main.getByRole("region", { name: "Units and shares" })).toBeVisible(RETURNS);
  await expect(main.getByRole("button", { name: "Try again" })).toHaveCount(0, RETURNS);
});

test("the ingestor away: events say so and come back by themselves, flags go on", async ({
  page,
  place,
  stack,
  signIn,
  clean,
}) => {
  await furnish(place);
  await signIn(page, place.owner);
  const main = page.getByRole("main");
  await away(stack, "event_ingestor", async () => {
    await page.goto(`/p/${place.project}/exposures?env=production`);
    await expect(main.getByRole("button", { name: "Try again" }).first()).toBeVisible(RETURNS);
    await openPage(page, `/p/${place.project}/flags?env=production`);
    await expect(main).toContainText("New checkout");
    await page.getByRole("link", { name: "Exposures" }).first().click();
    await expect(main.getByRole("button", { name: "Try again" }).first()).toBeVisible(RETURNS);
    await clean(page, { name: "ingestor away" });
  });
  await expect(main.getByRole("region", { name: /Events of the last/ })).toBeVisible(RETURNS);
  await expect(main.getByRole("button", { name: "Try again" })).toHaveCount(0, RETURNS);
});

test("the edge away: a change is kept, who lags is said, and it is served when the edge is back", async ({
  page,
  place,
  stack,
  signIn,
  clean,
}) => {
  await furnish(place);
  await place.served("production", FLAG, CONTEXT, ({ value }) => value === true);
  await signIn(page, place.owner);
  await openPage(page, `/p/${place.project}/flags/${FLAG}?env=production`);
  await away(stack, "edge_evaluator", async () => {
    const off = page.getByRole("switch", { name: /production/i }).first();
    await off.click();
    await expect(page.getByText(/No edge is live|Not yet heard from/).first()).toBeVisible();
    await expect(off).not.toBeChecked();
    await expect
      .poll(() => place.api.get(`${place.at}/flags/${FLAG}/environments/production`))
      .toMatchObject({ enabled: false });
    await clean(page, { name: "edge away" });
  });
  await place.served("production", FLAG, CONTEXT, ({ value }) => value === false);
});

test("the control plane away: edges serve on, pages say so and come back by themselves", async ({
  page,
  place,
  stack,
  signIn,
  clean,
}) => {
  await furnish(place);
  await place.served("production", FLAG, CONTEXT, ({ value }) => value === true);
  await signIn(page, place.owner);
  const main = page.getByRole("main");
  await openPage(page, `/p/${place.project}/flags?env=production`);
  await away(stack, "control_plane", async () => {
    // Its module isn't there either: it comes from the control plane, too.
    await page.getByRole("link", { name: "Webhooks" }).first().click();
    await expect(page.getByText(/does not answer|can.t be reached/).first()).toBeVisible(RETURNS);
    await expect(page.getByRole("link", { name: "Flags" }).first()).toBeVisible();
    const served = await place.served("production", FLAG, CONTEXT, () => true);
    expect(served.value).toBe(true);
    await clean(page, { name: "control plane away" });
  });
  await expect(main).toContainText("To the chat", RETURNS);
});

/** Stops the server for as long as the journey looks at what that does. */
async function away(stack: Stack, server: string, look: () => Promise<void>): Promise<void> {
  const ask = async (act: "stop" | "start"): Promise<void> => {
    const answer = await fetch(`${stack.control}/${server}/${act}`, { method: "POST" });
    expect(answer.status, await answer.text()).toBe(200);
  };
  await ask("stop");
  try {
    await look();
  } finally {
    await ask("start");
  }
}

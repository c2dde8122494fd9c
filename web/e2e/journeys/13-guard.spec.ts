import { randomUUID } from "node:crypto";
import { expect, type Place, test } from "../fixtures";
import { sendEvents } from "../outcomes";

const FLAG = {
  key: "gift-cards",
  name: "Gift cards",
  type: "boolean",
  variations: [
    { key: "on", value: true },
    { key: "off", value: false },
  ],
  off_variation: "off",
  default: { variation: "off" },
};
/** With nobody there for so long, the guard acts. */
const SILENCE_SECONDS = 15;
const PAUSE_MS = 500;
const PAYING_AT_ONCE = 20;

/** People who come as long as nobody stops them, and whose exposures the edge reports. */
function traffic(place: Place): { readonly stop: () => Promise<void> } {
  let ended = false;
  const coming = (async () => {
    for (let number = 0; !ended; number++) {
      await place.served("production", "gift-cards", { targetingKey: `user-${number}` }, () => true);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return {
    stop: async () => {
      ended = true;
      await coming;
    },
  };
}

test("a guard rolls back, and the incident says why", async ({ page, place, signIn, clean }) => {
  const { api, at } = place;
  await api.post(`${at}/flags`, FLAG);
  await api.change(`${at}/flags/gift-cards/environments/production`, { enabled: true, report_exposures: true });
  await api.post(`${at}/environments/production/rollouts`, {
    key: "gift-cards-on",
    name: "Gift cards for all",
    flag: "gift-cards",
    variation: "on",
    plan: { steps: [{ share: 100, hold_seconds: 3600 }] },
    guards: [{ id: "silence", built_in: "no_data", action: "roll_back", silence_seconds: SILENCE_SECONDS }],
  });
  const people = traffic(place);
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/rollouts/gift-cards-on?env=production`);
  await page.getByRole("button", { name: "Start the rollout" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the rollout" }).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  await place.served("production", "gift-cards", { targetingKey: "u1" }, (answer) => answer.value === true);
  await clean(page, { name: "guarded rollout" });
  await people.stop();

  await expect(page.getByText("Rolled back", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  await place.served("production", "gift-cards", { targetingKey: "u1" }, (answer) => answer.value === false);
  const rollout = await api.get<{ state: string }>(`${at}/environments/production/rollouts/gift-cards-on`);
  expect(rollout.state).toBe("rolled_back");

  await page.getByRole("link", { name: "silence" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Incident: silence" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("The rollout was rolled back");
  await expect(page.getByText("Who was told")).toBeVisible();
  await clean(page, { name: "incident" });
});

/** Customers pay, and every fourth payment fails where the new variation is served; until it is over. */
async function pay(place: Place, isOver: () => Promise<boolean>): Promise<void> {
  const key = await place.key("production");
  for (let number = 0; !(await isOver()); number += PAYING_AT_ONCE) {
    const customers = Array.from({ length: PAYING_AT_ONCE }, (_, at) => `customer-${number + at}`);
    const served = await Promise.all(
      customers.map((targetingKey) => place.served("production", "gift-cards", { targetingKey }, () => true)),
    );
    const failed = customers.filter((_, at) => served[at]?.value === true && at % 4 === 0);
    await sendEvents(
      key,
      failed.map((user_key) => ({
        type: "metric",
        event_id: randomUUID(),
        timestamp: Date.now(),
        user_key,
        metric: "payment_error",
      })),
    );
  }
}

test("a guard that a page has set sees harm in a metric, and rolls back", async ({ page, place, signIn, clean }) => {
  const { api, at } = place;
  await api.post(`${at}/flags`, FLAG);
  await api.change(`${at}/flags/gift-cards/environments/production`, { enabled: true, report_exposures: true });
  const metric = { key: "payment-errors", name: "Failed payments", aggregation: "conversion", event: "payment_error" };
  await api.post(`${at}/metrics`, { ...metric, direction: "lower_is_better" });

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/new-rollout?env=production&flag=gift-cards`);
  await page.getByRole("combobox", { name: "Variation" }).click();
  await page.getByRole("option", { name: "on", exact: true }).click();
  await page.getByRole("textbox", { name: "Step 1: share" }).fill("50");
  await page.getByRole("button", { name: "Add guard" }).click();
  await page.getByRole("textbox", { name: "Metric" }).fill("payment");
  await page.getByRole("option", { name: /payment-errors/ }).click();
  await page.getByRole("textbox", { name: "Tolerated harm" }).fill("0.02");
  await page.getByRole("combobox", { name: "Measured" }).click();
  await page.getByRole("option", { name: "in its unit" }).click();
  await page.getByRole("textbox", { name: "Events within" }).fill("1");
  await clean(page, { name: "new rollout" });
  await page.getByRole("button", { name: "Create the rollout" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Gift cards: on" })).toBeVisible();
  await page.getByRole("button", { name: "Start the rollout" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the rollout" }).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();

  const rollout = `${at}/environments/production/rollouts/gift-cards-on`;
  const isOver = async () => (await api.get<{ state: string }>(rollout)).state === "rolled_back";
  await pay(place, isOver);
  await expect(page.getByText("Rolled back", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Failed payments is worse by more than the tolerated 2 pp");
  await place.served("production", "gift-cards", { targetingKey: "u1" }, (answer) => answer.value === false);
  await clean(page, { name: "rollout with harm" });
});

import { expect, type Place, test } from "../fixtures";

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

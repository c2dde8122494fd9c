import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "../fixtures";
import { exposure, outcome, sendEvents, untilResults } from "../outcomes";
import { repository } from "../stack";

const PLAYERS = 90_189;

test("the published answers of the players' data stand on the results page", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/flags`, {
    key: "gate-level",
    name: "Level of the first gate",
    type: "integer",
    variations: [
      { key: "gate_30", value: 30 },
      { key: "gate_40", value: 40 },
    ],
    off_variation: "gate_30",
    default: { variation: "gate_30" },
  });
  const metrics = {
    "day-1-return": "Day-1 retention",
    "day-7-return": "Day-7 retention",
    "rounds-played": "Rounds played",
  };
  for (const [key, name] of Object.entries(metrics)) {
    await place.api.post(`${place.at}/metrics`, {
      key,
      name,
      aggregation: key === "rounds-played" ? "sum" : "conversion",
    });
  }
  await place.api.post(`${place.at}/experiments`, {
    key: "first-gate",
    name: "The first gate at level 40",
    environment: "production",
    flag: "gate-level",
    mode: "observes",
    variations: [
      { key: "gate_30", weight: 50 },
      { key: "gate_40", weight: 50 },
    ],
    metrics: [
      { metric: "day-7-return", role: "goal" },
      { metric: "day-1-return", role: "secondary" },
      { metric: "rounds-played", role: "secondary" },
    ],
    plan: { mode: "fixed", planned_units: PLAYERS, minimum_days: 0 },
  });
  await place.api.post(`${place.at}/experiments/first-gate/start`);
  const began = Date.now();

  // It is opened before anything has happened, and never again.
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/experiments/first-gate?env=production`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();

  const rows = players();
  const key = await place.key("production");
  await sendEvents(
    key,
    rows.flatMap(({ user, rounds, day1, day7 }) => [
      ...(rounds > 0 ? [outcome(user, "rounds-played", rounds)] : []),
      ...(day1 ? [outcome(user, "day-1-return")] : []),
      ...(day7 ? [outcome(user, "day-7-return")] : []),
    ]),
  );
  // The plan decides when its units are there, on what is known by then; so they come last, in the past of what they did.
  await sendEvents(
    key,
    rows.map((each) => ({ ...exposure(each.user, "gate-level", each.arm, null), timestamp: began })),
  );
  await untilResults(
    place,
    "production",
    "first-gate",
    ({ units, plan }) => units.total === PLAYERS && plan.complete,
    300_000,
  );

  const units = page.getByRole("region", { name: "Units and shares" });
  // As fresh as they are cheap: they rest for a minute at most, beside the time that they take.
  await expect(units).toContainText("44,700", { timeout: 180_000 });
  await expect(units).toContainText("45,489");
  await expect(units).toContainText("Shares as expected");
  await expect(page.getByRole("heading", { name: /gate_40:? *Roll it back/ })).toBeVisible();
  const goals = page.getByRole("region", { name: "Goals" });
  await expect(goals).toContainText("19.02%");
  await expect(goals).toContainText("18.20%");
  await expect(goals).toContainText("Worse");
  await goals.getByText("Details of Day-7 retention").click();
  await expect(goals).toContainText("0.002, adjusted 0.002");
  const secondary = page.getByRole("region", { name: "Secondary metrics" });
  for (const figure of ["44.82%", "44.23%", "52.46", "51.3", "No clear difference"])
    await expect(secondary).toContainText(figure);
  await secondary.getByText("Details of Rounds played").click();
  await expect(secondary).toContainText("0.376");
  await clean(page);
});

interface Player {
  readonly user: string;
  readonly arm: string;
  readonly rounds: number;
  readonly day1: boolean;
  readonly day7: boolean;
}

function players(): Player[] {
  const text = gunzipSync(readFileSync(join(repository, "examples/cookie_cats/cookie_cats.csv.gz"))).toString("utf8");
  const [head, ...lines] = text.trim().split(/\r?\n/);
  expect(head).toBe("userid,version,sum_gamerounds,retention_1,retention_7");
  return lines.map((line) => {
    const [user = "", arm = "", rounds = "0", day1 = "", day7 = ""] = line.split(",");
    return {
      user,
      arm,
      rounds: Number(rounds),
      day1: day1.toLowerCase() === "true",
      day7: day7.toLowerCase() === "true",
    };
  });
}

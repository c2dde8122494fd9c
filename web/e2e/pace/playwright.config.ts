import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config";

/** `npm run pace`: how long pages take, one after another, on a machine that does nothing else. */
export default defineConfig({
  ...journeys,
  testDir: ".",
  outputDir: "../../../build/e2e/pace",
  globalSetup: ["../stack.ts", "../ready.ts"],
  workers: 1,
  fullyParallel: false,
  projects: [{ name: "pace" }],
  // What records a page slows it down.
  use: { ...journeys.use, trace: "off" },
});

import { execFileSync } from "node:child_process";
import { defineConfig, devices } from "@playwright/test";

const IN_TURN = /20-.*\.spec\.ts/;

export default defineConfig({
  testDir: "./journeys",
  outputDir: "../../build/e2e/results",
  globalSetup: "./stack.ts",
  workers: Number(process.env.E2E_WORKERS ?? 2),
  fullyParallel: true,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: "reduce" },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? found(),
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
  },
  // What stops a service stops it for everybody: it comes when all others are through.
  projects: [
    { name: "journeys", testIgnore: IN_TURN },
    { name: "outages", testMatch: IN_TURN, dependencies: ["journeys"] },
  ],
});

/** The system's Chromium. */
function found(): string {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error("the journeys need Chromium: apt-get install -y --no-install-recommends chromium, or CHROMIUM=path");
}

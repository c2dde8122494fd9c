import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, devices } from "@playwright/test";

const IN_TURN = /20-.*\.spec\.ts/;

export default defineConfig({
  testDir: "./journeys",
  outputDir: "../../build/e2e/results",
  globalSetup: ["./stack.ts", "./ready.ts"],
  workers: Number(process.env.E2E_WORKERS ?? 2),
  fullyParallel: true,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  // A slow machine makes a slow journey, never a wrong one: what is waited for is a condition, so these ends are far away.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: "reduce" },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // Without a film: to record one takes more of the machine than the journey does.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: true, sources: true },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: found(),
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
  },
  // What stops a service stops it for everybody: it comes when all others are through. Last of all what times pages,
  // without a trace, which slows them down.
  projects: [
    { name: "journeys", testIgnore: IN_TURN },
    { name: "outages", testMatch: IN_TURN, dependencies: ["journeys"] },
    { name: "pace", testDir: "./pace", dependencies: ["outages"], use: { trace: "off" } },
  ],
});

/** The system's Chromium, installed where there is none. */
function found(): string {
  const script = join(dirname(dirname(fileURLToPath(import.meta.url))), "scripts", "chromium");
  return execFileSync(script, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

// A picture of a page: npm run look -- /p/shop/flags out.png [--dark] [--width 360] [--keys "g f"] [--click SELECTOR]
// [--fill "SELECTOR=TEXT"] [--full] [--as EMAIL:PASSWORD]. It starts Vite on this folder against the stack of
// VERDICT_STACK (or build/devstack.json); LOOK_ORIGIN names a running origin instead.
import { chromium } from "@playwright/test";
import { createServer } from "vite";
import { stack } from "./origin.mjs";

const { positions, options, steps } = parse(process.argv.slice(2));
const [path = "/", file = "look.png"] = positions;

const server =
  process.env.LOOK_ORIGIN === undefined ? await createServer({ server: { port: 0 }, logLevel: "error" }) : null;
await server?.listen();
const origin = process.env.LOOK_ORIGIN ?? server.resolvedUrls.local[0].replace(/\/$/, "");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
try {
  const context = await browser.newContext({
    viewport: { width: Number(options.width ?? 1280), height: Number(options.height ?? 800) },
    colorScheme: options.dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) console.log(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
  if (!options.anonymous) await signIn(page);
  await page.goto(`${origin}${path}`);
  await page.waitForSelector("h1", { timeout: 10_000 }).catch(() => console.log("no heading came"));
  await settled(page);
  for (const [kind, value] of steps) {
    await act(page, kind, value);
    await settled(page);
  }
  await page.screenshot({ path: file, fullPage: Boolean(options.full) });
  console.log(`${file}: ${await page.title()} (${page.url().slice(origin.length)})`);
} finally {
  await browser.close();
  await server?.close();
}

async function signIn(page) {
  const [email, password] = options.as?.split(":") ?? [stack().admin?.email, stack().admin?.password];
  const answer = await page.request.post(`${origin}/api/v1/auth/sessions`, {
    headers: { "X-Verdict-CSRF": "1", Origin: origin },
    data: { email, password },
  });
  if (!answer.ok()) throw new Error(`signing in as ${email}: ${answer.status()} ${await answer.text()}`);
}

async function settled(page) {
  await page.waitForLoadState("networkidle", { timeout: 10_000 }).catch(() => undefined);
  await page
    .waitForFunction(() => document.querySelector("[aria-busy=true]") === null, null, { timeout: 5000 })
    .catch(() => undefined);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function act(page, kind, value) {
  if (kind === "click") await page.locator(value).first().click();
  if (kind === "keys") for (const key of value.split(" ")) await page.keyboard.press(key);
  if (kind === "type") await page.keyboard.type(value);
  if (kind === "fill") {
    const at = value.lastIndexOf("=");
    await page
      .locator(value.slice(0, at))
      .first()
      .fill(value.slice(at + 1));
  }
}

function parse(given) {
  const flags = new Set(["dark", "full", "anonymous"]);
  const parsed = { positions: [], options: {}, steps: [] };
  for (let index = 0; index < given.length; index++) {
    const name = given[index].startsWith("--") ? given[index].slice(2) : null;
    if (name === null) parsed.positions.push(given[index]);
    else if (flags.has(name)) parsed.options[name] = true;
    else if (["click", "keys", "type", "fill"].includes(name)) parsed.steps.push([name, given[++index]]);
    else parsed.options[name] = given[++index];
  }
  return parsed;
}

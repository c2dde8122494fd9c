// Visits a page (node visit.mjs CHROMIUM ADDRESS): prints what stands there once it has decided; when
// that was reported, clicks and leaves at once.
import { chromium } from 'playwright-core';

const [executablePath, address] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
page.on('pageerror', (error) => console.error(error));
page.on('console', (message) => console.error(message.text()));
const reported = page.waitForResponse((answer) => answer.url().endsWith('/v1/events') && answer.status() === 202);
await page.goto(address);
await page.waitForFunction(() => document.body.innerText.trim());
console.log(await page.evaluate(() => document.body.innerText));
await reported;
await page.getByText('TARGETING_MATCH').click();
await page.goto('about:blank');
await browser.close();

/** The SDK in Chromium. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { flag, scripted, until, type Json } from '../scripted.js';
import { pages } from './chromium.js';

const { edge } = scripted();
const browser = pages();
const streams = (): Promise<Json[]> => edge.get('requests?endpoint=refetch');
const open = async (): Promise<number> => (await edge.get<Json>('state'))['streams']['refetch'] as number;

/** A page whose `client` has read the flag `fancy`. */
async function visited(value: unknown, options: Json = {}): Promise<Page> {
  await edge.put('document', { flags: { fancy: flag(value, { report_exposures: true }), ['__proto__']: flag(true) } });
  const page = await browser.open();
  const given = { envKey: edge.clientKey, endpoint: edge.address, user: 'ann', flushInterval: 600, ...options };
  const read = await page.evaluate(async (made) => {
    const window = globalThis as unknown as { sdk: any; client: any };
    window.client = new window.sdk.FeatureFlagClient(made);
    await window.client.ready(20);
    return window.client.variationSync('fancy');
  }, given);
  assert.deepEqual(read, value);
  return page;
}

/** What an expression says in the page. */
const said = (page: Page, expression: string): Promise<any> => page.evaluate(expression);

test('a page under a strict policy reads flags of another origin, and follows them', async () => {
  const page = await visited('one', { envKey: edge.clientKey });
  await until(async () => (await said(page, 'client.status().mode')) === 'stream');
  assert.equal(await said(page, "client.isEnabledSync('__proto__')"), true);
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(async () => (await said(page, "client.variationSync('fancy')")) === 'two');
  await edge.post('streams', { endpoint: 'refetch', do: 'end' });
  await edge.put('document', { flags: { fancy: flag('three') } });
  await until(async () => (await said(page, "client.variationSync('fancy')")) === 'three');
  assert.ok((await streams()).some((each) => each['headers']['last-event-id']));
  assert.equal(browser.violations, 0);
  await page.close();
});

test('a page that is left sends what waits', async () => {
  const page = await visited('one');
  await said(page, "client.trackMetric('purchase', 12.5, undefined, { currency: 'EUR' })");
  assert.deepEqual(await edge.get('events'), []);
  await page.goto(new URL('/other', page.url()).href);
  const events = await until(async () => {
    const taken = await edge.get('events');
    return taken.length === 3 ? taken : undefined;
  });
  assert.deepEqual(events.map((event) => event['type']).sort(), ['exposure', 'metric', 'usage']);
  await page.close();
});

test('a page that is left sends as much as browsers let it', async () => {
  const page = await visited('one', { exposures: 'off', usage: false });
  await said(page, "for (let i = 0; i < 100; i++) client.trackMetric('purchase', i, undefined, { text: 'x'.repeat(1000) })");
  await page.goto(new URL('/other', page.url()).href);
  const batches = await until(async () => {
    const sent = await edge.get('batches');
    return sent.length ? sent : undefined;
  });
  assert.ok(batches.every((batch) => batch['bytes'] <= 60_000));
  await page.close();
});

test('a page that nobody sees lets its stream go, and comes back to the newest', async () => {
  const page = await visited('one');
  await until(async () => (await said(page, 'client.status().mode')) === 'stream');
  // Headless pages are always visible: the page is told what a browser would tell it.
  await said(page, "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  await until(async () => (await open()) === 0);
  assert.equal(await said(page, 'client.status().mode'), 'none');
  await edge.put('document', { flags: { fancy: flag('two') } });
  await said(page, "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
  await until(async () => (await said(page, "client.variationSync('fancy')")) === 'two');
  await until(async () => (await said(page, 'client.status().mode')) === 'stream');
  await page.close();
});

test('a hidden page sends what waits and keeps its stream for a while', async () => {
  const page = await visited('one', { usage: false });
  await until(async () => (await said(page, 'client.status().mode')) === 'stream');
  await said(page, "Object.defineProperty(document, 'visibilityState', { value: 'hidden' }); document.dispatchEvent(new Event('visibilitychange'))");
  await until(async () => (await edge.get('events')).length === 1);
  assert.equal(await said(page, 'client.status().mode'), 'stream');
  await until(async () => (await said(page, 'client.status().events.sent')) === 1);
  await page.close();
});

test('the last answer is kept by the storage of the browser', async () => {
  const page = await visited('one');
  await page.evaluate(async (options) => {
    const window = globalThis as unknown as { sdk: any; client: any; localStorage: Storage };
    window.client = new window.sdk.FeatureFlagClient({ ...options, store: window.localStorage });
    await window.client.ready(20);
  }, { envKey: edge.clientKey, endpoint: edge.address, user: 'ann' });
  await until(() => said(page, 'localStorage.length'));
  await edge.put('behaviour', { bulk: 'silent' });
  await page.reload();
  await page.waitForFunction('window.sdk');
  const read = await page.evaluate((options) => {
    const window = globalThis as unknown as { sdk: any; localStorage: Storage };
    const client = new window.sdk.FeatureFlagClient({ ...options, store: window.localStorage });
    return [client.variationSync('fancy'), client.status().source];
  }, { envKey: edge.clientKey, endpoint: edge.address, user: 'ann' });
  assert.deepEqual(read, ['one', 'store']);
  await page.close();
});

test('pages side by side follow each by itself', async () => {
  const some = await Promise.all([visited('one'), visited('one'), visited('one')]);
  await edge.put('document', { flags: { fancy: flag('two') } });
  for (const page of some) await until(async () => (await said(page, "client.variationSync('fancy')")) === 'two');
  await Promise.all(some.map((page) => page.close()));
});

/** Events: what they say, when they are sent, and what becomes of them in trouble. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SDK } from '../src/version.js';
import { flag, inCountry, Said, scripted, until, type Json } from './scripted.js';

const { edge, client } = scripted();
const taken = (): Promise<Json[]> => edge.get('events');
const batches = (): Promise<Json[]> => edge.get('batches');

/** What events say beside their ids and times. */
function bare({ event_id: id, timestamp, ...event }: Json): Json {
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
  return event;
}

const REPORTING = flag(true, { report_exposures: true });

/** A bulk answer with this metadata of the flag `fancy`. */
const bootstrapped = (metadata: Json, more: Json = {}): Json => ({
  flags: [{ key: 'fancy', value: true, variant: 'on', reason: 'SPLIT', metadata: { version: '9', ...metadata }, ...more }],
  metadata: { version: '9' },
});

test('a read is exposed once, with all that its answer says', async () => {
  await edge.put('behaviour', { bulk: 'silent' });
  await edge.put('environment', { exposure_attributes: ['country', 'plan.tier', 'missing', 'toString'] });
  const metadata = {
    experiment: 'checkout-test',
    experiments: 'checkout-test:1,watching:2',
    split: 'rule-1',
    unitKey: 'acme',
  };
  const user = { key: 'ann', attributes: { country: 'NO', plan: { tier: 2, secret: 'x' }, email: 'a@b.c' } };
  const page = client({ user, bootstrap: bootstrapped(metadata) });
  for (let times = 0; times < 3; times += 1) assert.equal(page.isEnabledSync('fancy'), true);
  // Attributes are known when the environment is, which events wait for anyway.
  assert.equal(await page.flush(), true);
  const again = client({ user, bootstrap: bootstrapped(metadata) });
  await until(async () => (await edge.get('requests?endpoint=environment')).length === 2);
  await until(async () => {
    again.trackMetric('ready');
    return again.flush();
  });
  again.isEnabledSync('fancy');
  await again.flush();
  const exposures = (await taken()).filter((event) => event['type'] === 'exposure').map(bare);
  assert.equal(exposures.length, 2);
  assert.deepEqual(exposures[1], {
    type: 'exposure',
    user_key: 'ann',
    flag: 'fancy',
    variation: 'on',
    experiment: 'checkout-test',
    experiments: [
      { key: 'checkout-test', phase: 1 },
      { key: 'watching', phase: 2 },
    ],
    config_version: 9,
    unit_key: 'acme',
    split: 'rule-1',
    context: { country: 'NO', plan: { tier: 2 } },
  });
});

test('an exposure tells of the override that decided, and belongs to no experiment', async () => {
  const answer = bootstrapped({ experiments: '', override: true, reportExposures: true, unitKey: 'ann' });
  await edge.put('behaviour', { bulk: 'silent' });
  const page = client({ user: 'ann', bootstrap: answer });
  page.isEnabledSync('fancy');
  await page.flush();
  const [exposure = {}] = (await taken()).map(bare);
  assert.deepEqual([exposure['override'], exposure['experiments'], exposure['unit_key']], [true, [], undefined]);
});

test('a flag that asks for exposures has them, another one and an error have none', async () => {
  await edge.put('document', { flags: { asking: REPORTING, silent: flag(true) } });
  const page = client({ user: 'ann' });
  await page.ready();
  page.isEnabledSync('asking');
  page.isEnabledSync('silent');
  page.isEnabledSync('no-such-flag');
  page.stringSync('asking', undefined, '');
  page.allFlagsSync();
  await page.flush();
  const exposures = (await taken()).map(bare);
  assert.deepEqual(exposures.map((event) => [event['flag'], event['experiments']]), [['asking', []]]);
});

test('manual exposures are reported when the page says so, and off none are', async () => {
  await edge.put('document', { flags: { asking: REPORTING, silent: flag(true) } });
  const [manual, off] = [client({ user: 'ann', exposures: 'manual' }), client({ user: 'bert', exposures: 'off' })];
  await Promise.all([manual.ready(), off.ready()]);
  for (const page of [manual, off]) {
    page.isEnabledSync('asking');
    page.trackExposure('silent');
    page.trackExposure('no-such-flag');
    await page.flush();
  }
  assert.deepEqual((await taken()).map((event) => [event['user_key'], event['flag']]), [['ann', 'silent']]);
});

test('nobody without a key is exposed', async () => {
  await edge.put('document', { flags: { asking: REPORTING } });
  const page = client();
  assert.equal(await page.isEnabled('asking'), true);
  assert.equal(page.status().events.queued, 0);
});

test('an exposure is of the user whom the answer was made for', async () => {
  await edge.put('document', { flags: { asking: flag(true, { ...inCountry('NO'), report_exposures: true }) } });
  const page = client({ user: { targetingKey: 'ola', country: 'NO' } });
  assert.equal(await page.isEnabled('asking'), true);
  await edge.put('behaviour', { bulk: [{ kind: 'held', times: 1 }, 'ok'] });
  const identified = page.identify({ targetingKey: 'sven', country: 'SE' });
  page.isEnabledSync('asking');
  await edge.post('release');
  await identified;
  page.isEnabledSync('asking');
  await page.flush();
  const exposures = (await taken()).map((event) => [event['user_key'], event['variation']]);
  assert.deepEqual(exposures, [
    ['ola', 'on'],
    ['sven', 'off'],
  ]);
});

test('a metric event says what was tracked', async () => {
  const said = new Said();
  const page = client({ user: 'ann', logger: said });
  page.trackMetric('purchase', 12.5, undefined, { currency: 'EUR', at: new Date(0), ['__proto__']: 1 });
  page.trackMetric('seen', undefined, { key: 7 });
  for (const value of [NaN, Infinity, '5' as unknown as number]) page.trackMetric('purchase', value);
  assert.equal(await page.flush(), true);
  assert.deepEqual((await taken()).map(bare), [
    {
      type: 'metric',
      user_key: 'ann',
      metric: 'purchase',
      value: 12.5,
      properties: { ['__proto__']: 1, at: '1970-01-01T00:00:00.000Z', currency: 'EUR' },
    },
    { type: 'metric', user_key: '7', metric: 'seen' },
  ]);
  assert.deepEqual(page.status().events, { queued: 0, sent: 2, dropped: { invalid: 3 } });
  assert.equal(said.warnings.length, 1);
  const nobody = client();
  nobody.trackMetric('purchase', 1);
  assert.deepEqual(nobody.status().events.dropped, { invalid: 1 });
});

test('what the page reads is counted, and names nobody', async () => {
  await edge.put('document', { flags: { fancy: flag(true) } });
  const page = client({ user: 'ann', usage: true, usageInterval: 0.05 });
  await page.ready();
  for (let times = 0; times < 3; times += 1) page.isEnabledSync('fancy');
  page.isEnabledSync('no-such-flag');
  page.isEnabledSync('No Key!');
  const usage = await until(async () => {
    await page.flush();
    return (await taken())[0];
  });
  const { counts, ...event } = bare(usage);
  assert.deepEqual(event, { type: 'usage' });
  const by = new Map((counts as Json[]).map((each) => [each['flag'], each]));
  assert.deepEqual(by.get('fancy'), { flag: 'fancy', variation: 'on', reason: 'STATIC', sdk: SDK, count: 3 });
  assert.deepEqual(by.get('no-such-flag'), {
    flag: 'no-such-flag',
    reason: 'ERROR',
    error: 'FLAG_NOT_FOUND',
    sdk: SDK,
    count: 1,
  });
  assert.equal(by.get('')?.['count'], 1);
});

for (const trouble of ['reset', 'cut', { kind: 'status', status: 503 }, { kind: 'status', status: 429 }]) {
  test(`a batch is sent again with the same ids (${JSON.stringify(trouble)})`, async () => {
    await edge.put('behaviour', { events: [{ ...(typeof trouble === 'string' ? { kind: trouble } : trouble), times: 2 }, 'ok'] });
    const page = client({ user: 'ann' });
    page.trackMetric('purchase', 1);
    await until(() => page.flush());
    const ids = (await batches()).map((batch) => JSON.stringify(batch['ids']));
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 1);
    assert.equal((await taken()).length, 1);
    assert.equal(page.status().events.sent, 1);
  });
}

test('a batch that is refused is forgotten, counted and warned of', async () => {
  const said = new Said();
  await edge.put('behaviour', { events: { kind: 'status', status: 400 } });
  const page = client({ user: 'ann', logger: said });
  page.trackMetric('purchase', 1);
  assert.equal(await page.flush(), true);
  assert.equal((await batches()).length, 1);
  assert.deepEqual(page.status().events, { queued: 0, sent: 0, dropped: { rejected: 1 } });
  assert.match(said.warnings.join(), /events were rejected: 400/);
});

test('events that are rejected are counted', async () => {
  const page = client({ user: 'ann' });
  page.trackMetric('odd', 1, undefined, ['no object'] as never);
  page.trackMetric('purchase', 1);
  assert.equal(await page.flush(), true);
  assert.deepEqual(page.status().events, { queued: 0, sent: 1, dropped: { rejected: 1 } });
});

test('a full queue drops the newest', async () => {
  await edge.put('behaviour', { events: 'silent' });
  const page = client({ user: 'ann', queueSize: 3 });
  for (let count = 0; count < 5; count += 1) page.trackMetric('purchase', count);
  assert.deepEqual(page.status().events, { queued: 3, sent: 0, dropped: { queue_full: 2 } });
  await edge.put('behaviour', { events: 'ok' });
  assert.equal(await page.flush(), true);
  assert.deepEqual((await taken()).map((event) => event['value']), [0, 1, 2]);
});

test('batches are as small as a page that goes may send', async () => {
  const page = client({ user: 'ann', batchSize: 30 });
  const properties = { text: 'é'.repeat(1000) };
  for (let count = 0; count < 100; count += 1) page.trackMetric('purchase', count, undefined, properties);
  page.trackMetric('purchase', 1, undefined, { text: 'x'.repeat(40_000) });
  await until(() => page.flush());
  const sent = await batches();
  assert.ok(sent.every((batch) => batch['bytes'] <= 60_000 && batch['ids'].length <= 30));
  assert.equal((await taken()).length, 100);
  assert.equal(page.status().events.dropped['too_large'], 1);
});

test('events leave by themselves', async () => {
  const page = client({ user: 'ann', flushInterval: 0.01 });
  page.trackMetric('purchase', 1);
  await until(async () => (await taken()).length === 1);
});

test('events go where the edge says', async () => {
  await edge.put('environment', { events_url: `${edge.address}/elsewhere/` });
  const page = client({ user: 'ann' });
  page.trackMetric('purchase', 1);
  await page.flush(1);
  assert.deepEqual(await batches(), []);
  const direct = client({ user: 'ann', eventsEndpoint: `${edge.address}/` });
  direct.trackMetric('purchase', 1);
  assert.equal(await direct.flush(), true);
  assert.equal((await batches()).length, 1);
});

test('what a closed client has not sent is counted', async () => {
  await edge.put('behaviour', { events: 'silent' });
  const page = client({ user: 'ann' });
  page.trackMetric('purchase', 1);
  assert.equal(await page.close(0.05), false);
  page.trackMetric('purchase', 2);
  assert.deepEqual(page.status().events, { queued: 0, sent: 0, dropped: { closed: 2 } });
});

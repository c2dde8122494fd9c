/** Following: streams, polls, stores, refused keys, and edges in trouble. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeatureFlagClient, type KeptIn, type Options } from '../src/index.js';
import { flag, Said, scripted, until, type Json } from './scripted.js';

const { edge, client } = scripted();
const streams = (): Promise<Json[]> => edge.get('requests?endpoint=refetch');
const bulks = (): Promise<Json[]> => edge.get('requests?endpoint=bulk');

/** A client that follows the edge's stream, and has read `value`. */
async function following(value: string, options: Partial<Options> = {}): Promise<FeatureFlagClient> {
  await edge.put('document', { flags: { fancy: flag(value) } });
  const page = client({ user: 'ann', ...options });
  assert.equal(await page.variation('fancy'), value);
  await until(() => page.status().mode === 'stream');
  return page;
}

class Kept implements KeptIn {
  readonly entries = new Map<string, string>();
  getItem(name: string): string | null {
    return this.entries.get(name) ?? null;
  }
  setItem(name: string, text: string): void {
    this.entries.set(name, text);
  }
  removeItem(name: string): void {
    this.entries.delete(name);
  }
}

test('a stream that breaks is resumed after the last event, and what was missed arrives', async () => {
  const page = await following('one');
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(() => page.variationSync('fancy') === 'two');
  await edge.post('streams', { endpoint: 'refetch', do: 'cut' });
  await edge.put('document', { flags: { fancy: flag('three') } });
  await until(() => page.variationSync('fancy') === 'three');
  const resumed = (await streams()).at(-1);
  assert.ok(resumed?.['headers']['last-event-id']);
});

test('what is asked again is asked with the entity tag', async () => {
  await edge.put('document', { flags: { fancy: flag('one') } });
  const page = client({ user: 'ann', polling: 'always', pollInterval: 0.02 });
  assert.equal(await page.variation('fancy'), 'one');
  await until(async () => (await bulks()).some((each) => each['status'] === 304));
  assert.equal(page.status().mode, 'poll');
  assert.deepEqual(await streams(), []);
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(() => page.variationSync('fancy') === 'two');
});

for (const trouble of ['html', 'reset', { kind: 'status', status: 500 }]) {
  test(`where streams can not pass (${JSON.stringify(trouble)}) it polls`, async () => {
    await edge.put('document', { flags: { fancy: flag('one') } });
    await edge.put('behaviour', { refetch: trouble });
    const page = client({ user: 'ann', pollInterval: 0.02 });
    await until(() => page.status().mode === 'poll');
    assert.ok((await streams()).length >= 3);
    await edge.put('document', { flags: { fancy: flag('two') } });
    await until(() => page.variationSync('fancy') === 'two');
  });
}

test('half an event is none, and the stream is begun anew', async () => {
  const page = await following('one');
  const half = 'id: 9-9\nevent: message\ndata: {"type":"refetchEvaluation","etag":"9-9.0"}\n';
  await edge.post('streams', { endpoint: 'refetch', do: 'half_event', text: half });
  await until(async () => (await streams()).length >= 2);
  assert.notEqual((await streams()).at(-1)?.['headers']['last-event-id'], '9-9');
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(() => page.variationSync('fancy') === 'two');
});

test('a silent stream is broken', async () => {
  await edge.put('behaviour', { refetch: [{ kind: 'buffered', times: 1 }, 'ok'] });
  const page = await following('one', { silence: 0.1 });
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(() => page.variationSync('fancy') === 'two');
  assert.ok((await streams()).length >= 2);
});

test('a line that does not end is given up', async () => {
  await edge.put('behaviour', { refetch: [{ kind: 'endless_line', times: 1 }, 'ok'] });
  const page = await following('one');
  assert.equal(page.variationSync('fancy'), 'one');
});

for (const trouble of ['html', 'garbage', 'cut', 'reset', { kind: 'status', status: 503 }]) {
  test(`an answer that can not be used (${JSON.stringify(trouble)}) changes nothing, and is asked for again`, async () => {
    const page = await following('one');
    await edge.put('behaviour', { bulk: [{ ...(typeof trouble === 'string' ? { kind: trouble } : trouble), times: 2 }, 'ok'] });
    await edge.put('document', { flags: { fancy: flag('two') } });
    await until(async () => (await bulks()).length >= 2);
    assert.notEqual(page.variationSync('fancy'), undefined);
    await until(() => page.variationSync('fancy') === 'two');
  });
}

test('an older configuration than the one that is held is not taken', async () => {
  const page = await following('one');
  await edge.put('document', { flags: { fancy: flag('two') } });
  await until(() => page.variationSync('fancy') === 'two');
  await edge.put('behaviour', { bulk: [{ kind: 'older', times: 2 }, 'ok'] });
  assert.equal(await page.identify('bert'), true);
  assert.equal(page.variationSync('fancy'), 'two');
  const asked = (await bulks()).map((each) => each['behaviour']);
  assert.deepEqual(asked.slice(-3), ['older', 'older', 'ok']);
});

test('Retry-After is a minimum', async () => {
  await edge.put('document', { flags: { fancy: flag('one') } });
  await edge.put('behaviour', { bulk: [{ kind: 'status', status: 429, retry_after: 1, times: 1 }, 'ok'] });
  const page = client({ user: 'ann' });
  assert.equal(await page.variation('fancy'), 'one');
  const [first, second] = await bulks();
  assert.ok(second?.['at'] - first?.['at'] >= 0.95, `${second?.['at'] - first?.['at']}`);
});

test('the edge may be gone: what is held is served, and the newest soon after it is back', async () => {
  const page = await following('one');
  await edge.put('port', { state: 'closed' });
  await until(() => page.status().mode === 'none');
  assert.equal(page.variationSync('fancy'), 'one');
  await edge.put('document', { flags: { fancy: flag('two') } });
  await edge.put('port', { state: 'open' });
  await until(() => page.variationSync('fancy') === 'two');
});

test('of several edges the next one is asked when one fails', async () => {
  await edge.put('document', { flags: { fancy: flag('one') } });
  const page = client({ user: 'ann', endpoint: ['http://127.0.0.1:9', `${edge.address}/`] });
  assert.equal(await page.variation('fancy'), 'one');
  assert.equal(page.status().endpoint, edge.address);
});

test('a refused key is told once, and asked with no more', async () => {
  const said = new Said();
  const page = client({ user: 'ann', envKey: 'cli_unknown', logger: said });
  assert.equal(await page.ready(), false);
  await until(() => page.status().state === 'refused');
  assert.equal(said.errors.length, 1);
  assert.match(said.errors[0] ?? '', /refused: the SDK key is unknown/);
  page.trackMetric('purchase', 1);
  assert.equal(page.status().events.dropped['refused'], 1);
  const before = (await bulks()).length;
  await page.identify('bert');
  assert.equal((await bulks()).length, before);
});

test('a key that is refused later ends what is asked, and reads go on', async () => {
  const page = await following('one');
  await edge.put('behaviour', { bulk: { kind: 'status', status: 401 }, refetch: { kind: 'status', status: 401 } });
  await edge.post('streams', { endpoint: 'refetch', do: 'end' });
  await until(() => page.status().state === 'refused');
  assert.equal(page.variationSync('fancy'), 'one');
});

test('a server key is refused in a page', async () => {
  await edge.put('document', { flags: { fancy: flag('one') } });
  await edge.put('environment', { key_kind: 'server' });
  const said = new Said();
  const page = client({ user: 'ann', envKey: edge.serverKey, logger: said });
  await until(() => page.status().state === 'refused');
  assert.match(said.errors.join(), /server key.*@feature-flag-platform\/sdk/);
  assert.equal(page.variationSync('fancy', undefined, 'default'), 'default');
});

test('the last answer of the same user is kept', async () => {
  const store = new Kept();
  await following('one', { store });
  await until(() => store.entries.size);
  await edge.put('port', { state: 'closed' });
  assert.equal(client({ user: 'ann', store }).variationSync('fancy'), 'one');
  assert.equal(client({ user: 'ann', store }).status().source, 'store');
  assert.equal(client({ user: 'bert', store }).detailSync('fancy').errorCode, 'PROVIDER_NOT_READY');
  assert.equal(client({ user: 'ann', store, envKey: 'cli_another' }).detailSync('fancy').errorCode, 'PROVIDER_NOT_READY');
  const [[name, text] = ['', '']] = store.entries;
  assert.ok(!`${name}${text}`.includes(edge.clientKey));
  for (const damaged of [text.slice(0, -9), text.replace('one', 'two'), '', 'null', '[]']) {
    store.setItem(name, damaged);
    assert.equal(client({ user: 'ann', store }).detailSync('fancy').errorCode, 'PROVIDER_NOT_READY', damaged);
  }
});

test('a storage that refuses is warned of', async () => {
  const said = new Said();
  const full = new Kept();
  full.setItem = () => {
    throw new Error('the quota is used up');
  };
  await following('one', { store: full, logger: said });
  assert.match(said.warnings.join(), /quota is used up/);
});

const bootstrap = {
  flags: [{ key: 'fancy', value: 'first', variant: 'on', reason: 'STATIC', metadata: { version: '3' } }],
  metadata: { version: '3' },
};

test('a page begins with what its server has rendered it with', async () => {
  await edge.put('document', { flags: { fancy: flag('one') } });
  for (const given of [bootstrap, JSON.stringify(bootstrap)]) {
    const page = client({ user: 'ann', bootstrap: given });
    assert.equal(page.variationSync('fancy'), 'first');
    assert.equal(page.status().source, 'bootstrap');
    await until(() => page.variationSync('fancy') === 'one');
  }
  const said = new Said();
  client({ user: 'ann', bootstrap: '<html>', logger: said, offline: true });
  assert.match(said.warnings.join(), /bootstrap/);
});

test('offline nothing is asked and nothing sent', async () => {
  const page = client({ user: 'ann', bootstrap, offline: true });
  assert.equal(await page.variation('fancy'), 'first');
  page.trackMetric('purchase', 1);
  page.trackExposure('fancy');
  assert.equal(await page.flush(), true);
  assert.equal(page.status().state, 'offline');
  assert.equal(await page.identify('bert'), false);
  assert.equal(page.detailSync('fancy').errorCode, 'PROVIDER_NOT_READY');
  assert.deepEqual(await edge.get('requests'), []);
});

test('a client that is closed asks nothing more and still answers', async () => {
  const page = await following('one');
  assert.equal(await page.close(), true);
  assert.equal(page.status().state, 'closed');
  assert.equal(page.variationSync('fancy'), 'one');
  await until(async () => (await edge.get<Json>('state'))['streams'] !== undefined);
});

test('without a key or an address there is no client', () => {
  assert.throws(() => client({ envKey: '' }), TypeError);
  assert.throws(() => client({ endpoint: [] }), TypeError);
});

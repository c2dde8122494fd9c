/** Reads: values, types and codes, whom they are for, and what is told of changes. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Change } from '../src/index.js';
import { flag, inCountry, type Json, Said, scripted, until } from './scripted.js';

const { edge, client } = scripted();

test('each type is read as itself, and never as another one', async () => {
  await edge.put('document', {
    flags: {
      'a-boolean': flag(true),
      'a-string': flag('blue'),
      'an-integer': flag(7, { type: 'integer' }),
      'a-number': flag(0.5, { type: 'number' }),
      'a-list': flag([1, 2], { type: 'object' }),
    },
  });
  const page = client({ user: 'ann' });
  assert.equal(await page.isEnabled('a-boolean'), true);
  assert.equal(page.booleanSync('a-boolean', undefined, false), true);
  assert.equal(page.stringSync('a-string', undefined, 'red'), 'blue');
  assert.equal(page.integerSync('an-integer', undefined, 0), 7);
  assert.equal(page.integerSync('an-integer', undefined, 0n), 7n);
  assert.equal(page.numberSync('an-integer', undefined, 0), 7);
  assert.equal(page.numberSync('a-number', undefined, 0), 0.5);
  assert.equal(page.integerSync('a-number', undefined, 3), 3);
  assert.deepEqual(page.objectSync('a-list', undefined, []), [1, 2]);
  assert.equal(page.variationSync('a-string', undefined, 'red'), 'blue');
  assert.equal(page.variationSync('a-string'), 'blue');
  assert.equal(await page.string('a-string', undefined, 'red'), 'blue');
  assert.equal(await page.number('a-number', 'ann', 0), 0.5);
  assert.equal(await page.integer('an-integer', 'ann', 0), 7);
  assert.deepEqual(await page.object('a-list', undefined, []), [1, 2]);
  assert.equal(await page.boolean('a-boolean', undefined, false), true);
  assert.equal(await page.variation('a-string', 'ann', 'red'), 'blue');

  const wrong = page.detailSync('a-string', undefined, false);
  assert.deepEqual(
    [wrong.value, wrong.variant, wrong.reason, wrong.errorCode],
    [false, null, 'ERROR', 'TYPE_MISMATCH'],
  );
  const absent = page.detailSync('no-such-flag', undefined, 'red');
  assert.deepEqual([absent.value, absent.reason, absent.errorCode], ['red', 'ERROR', 'FLAG_NOT_FOUND']);
  assert.equal(page.isEnabledSync('no-such-flag'), false);
});

test('a detail has all that the edge says', async () => {
  await edge.put('document', { version: 40, flags: { fancy: flag(true, { metadata: { owner: 'shop' } }) } });
  const detail = await client({ user: 'ann' }).detail('fancy');
  assert.deepEqual([detail.value, detail.variant, detail.reason, detail.version], [true, 'on', 'STATIC', 40]);
  assert.equal(detail.metadata['owner'], 'shop');
  assert.deepEqual(detail.experiments, []);
});

test('remote configs are objects', async () => {
  await edge.put('document', {
    remote_configs: { page: { value: { columns: 3 }, client_visible: true } },
  });
  assert.deepEqual(await client({ user: 'ann' }).config('page', undefined, {}), { columns: 3 });
});

test('keys such as __proto__ are ordinary', async () => {
  await edge.put('document', { flags: { ['__proto__']: flag(true), ['constructor']: flag('built') } });
  const page = client({ user: 'ann' });
  assert.equal(await page.isEnabled('__proto__'), true);
  assert.equal(page.stringSync('constructor', undefined, ''), 'built');
  assert.equal(page.detailSync('toString').errorCode, 'FLAG_NOT_FOUND');
  const all = page.allFlagsSync();
  assert.deepEqual([...all.keys()].sort(), ['__proto__', 'constructor']);
});

test('before there are answers reads give the default and say so', async () => {
  await edge.put('behaviour', { bulk: 'silent' });
  const page = client({ user: 'ann', startWait: 0 });
  const detail = await page.detail('fancy', undefined, 'red');
  assert.deepEqual([detail.value, detail.errorCode], ['red', 'PROVIDER_NOT_READY']);
  assert.equal(page.status().state, 'starting');
});

test('a read that names a user is for that user', async () => {
  await edge.put('document', { flags: { local: flag(true, inCountry('NO')) } });
  const page = client({ user: 'ann' });
  const [one, other] = await Promise.all([
    page.isEnabled('local', { key: 'ola', attributes: { country: 'NO' } }),
    page.isEnabled('local', { targetingKey: 'sven', country: 'SE' }),
  ]);
  assert.deepEqual([one, other], [true, false]);
  assert.equal(page.detailSync('local', 'somebody-else', false).errorCode, 'INVALID_CONTEXT');
  assert.equal(page.detailSync('local', { country: 'SE', targetingKey: 'sven' }, true).value, false);
});

test('answers that come too late for a user are not taken', async () => {
  await edge.put('document', { flags: { local: flag(true, inCountry('NO')) } });
  const page = client({ user: { targetingKey: 'ann', country: 'SE' } });
  assert.equal(await page.isEnabled('local'), false);
  await edge.put('behaviour', { bulk: 'held' });
  const slow = page.identify({ targetingKey: 'ola', country: 'NO' });
  // The stream may make the page ask anew for ann meanwhile: what it holds of her goes along.
  const isTheirs = (one: Json) => one['behaviour'] === 'held' && one['headers']['if-none-match'] === undefined;
  await until(async () => (await edge.get('requests?endpoint=bulk')).some(isTheirs));
  await edge.put('behaviour', { bulk: 'ok' });
  assert.equal(await page.identify({ targetingKey: 'sven', country: 'SE' }), true);
  await edge.post('release');
  assert.equal(await slow, false);
  assert.equal(page.isEnabledSync('local'), false);
  assert.equal(page.userKey, 'sven');
});

test('nobody is served for long what was made for somebody else', async () => {
  await edge.put('document', { flags: { fancy: flag(true) } });
  const page = client({ user: 'ann', startWait: 0.2 });
  assert.equal(await page.isEnabled('fancy'), true);
  await edge.put('behaviour', { bulk: { kind: 'status', status: 503 } });
  const identified = page.identify('bert');
  assert.equal(page.isEnabledSync('fancy'), true);
  assert.equal(await identified, false);
  assert.equal(page.detailSync('fancy').errorCode, 'PROVIDER_NOT_READY');
  await edge.put('behaviour', { bulk: 'ok' });
  await until(() => page.isEnabledSync('fancy'));
});

test('what the edge can not evaluate for a user is told by its code, and asked no more', async () => {
  let asked = 0;
  const strict = createServer((request, answer) => {
    asked += request.method === 'POST' ? 1 : 0;
    answer.writeHead(400).end('{"errorCode":"INVALID_CONTEXT","errorDetails":"nested too deep"}');
  }).listen(0, '127.0.0.1');
  await once(strict, 'listening');
  const { port } = strict.address() as AddressInfo;
  const page = client({ user: 'ann', endpoint: `http://127.0.0.1:${port}/` });
  const detail = await page.detail('fancy', undefined, 'red');
  assert.deepEqual([detail.value, detail.errorCode, detail.errorMessage], ['red', 'INVALID_CONTEXT', 'nested too deep']);
  assert.equal(asked, 1);
  strict.close();
  strict.closeAllConnections();
});

test('listeners hear of another value, variant or reason, and of nothing else', async () => {
  const flags = { steady: flag('same'), moving: flag('before') };
  await edge.put('document', { flags });
  const said = new Said();
  const page = client({ user: 'ann', logger: said });
  const all: Change[] = [];
  const some: Change[] = [];
  page.onChange((changes) => all.push(...changes));
  page.onChange((changes) => some.push(...changes), 'steady');
  page.onChange(() => {
    throw new Error('of the application');
  });
  const end = page.onChange(() => assert.fail('this listener has ended'));
  end();
  await page.ready();
  all.splice(0);
  some.splice(0);
  await until(() => page.status().mode === 'stream');
  await edge.put('document', { flags: { ...flags, moving: flag('after'), steady: flag('same', { metadata: { a: 'b' } }) } });
  await until(() => all.length);
  assert.deepEqual(
    all.map(({ flag: key, before, after }) => [key, before?.value, after?.value]),
    [['moving', 'before', 'after']],
  );
  assert.deepEqual(some, []);
  assert.match(said.errors.join(), /of the application/);
});

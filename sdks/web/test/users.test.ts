/** Users: whatever an application says of somebody becomes JSON, and nothing raises. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsed } from '../src/json.js';
import { contextOf, type User } from '../src/users.js';

function sent(user: unknown, unsent?: string[]): { context: unknown; key: string | undefined; left: string[] } {
  const left: string[] = [];
  const { text, key } = contextOf(user as User, (name) => left.push(name), new Set(unsent));
  return { context: parsed(text), key, left };
}

test('a user is a key, a key with attributes, or a context', () => {
  assert.deepEqual(sent('ann'), { context: { targetingKey: 'ann' }, key: 'ann', left: [] });
  assert.deepEqual(sent({ key: 'ann', attributes: { country: 'NO' } }).context, { targetingKey: 'ann', country: 'NO' });
  assert.deepEqual(sent({ targetingKey: 'ann', key: 'k' }).context, { targetingKey: 'ann', key: 'k' });
  assert.deepEqual(sent({ key: 7 }), { context: { targetingKey: 7 }, key: '7', left: [] });
  assert.deepEqual(sent({ country: 'NO' }), { context: { country: 'NO' }, key: undefined, left: [] });
  for (const nobody of [undefined, null, '', {}]) assert.equal(sent(nobody).key, undefined);
  assert.deepEqual(sent({ key: 'ann', attributes: { targetingKey: 'other' } }).context, { targetingKey: 'ann' });
});

test('the same context is the same text', () => {
  const texts = [{ key: 'a', attributes: { x: 1, y: { b: 1, a: 2 } } }, { y: { a: 2, b: 1 }, x: 1, targetingKey: 'a' }].map(
    (user) => contextOf(user as User, assert.fail).text,
  );
  assert.equal(texts[0], texts[1]);
});

test('dates, sets, long integers and keys such as __proto__ are sent', () => {
  const attributes = JSON.parse('{"__proto__": "own", "constructor": 1}') as object;
  const user = { targetingKey: 'ann', at: new Date(1.5), roles: new Set(['a']), long: 9007199254740993n, ...attributes };
  const { context, left } = sent({ ...user, ['__proto__']: 'own' });
  assert.equal(
    contextOf({ long: -9007199254740993n }, assert.fail).text,
    '{"long":-9007199254740993}',
  );
  assert.deepEqual(left, []);
  assert.ok(Object.hasOwn(context as object, '__proto__'));
  const { at, roles, long, constructor } = context as Record<string, unknown>;
  assert.deepEqual([at, roles, long, constructor], ['1970-01-01T00:00:00.001Z', ['a'], 9007199254740993n, 1]);
});

test('what can not be JSON is left out by its name', () => {
  const cyclic: Record<string, unknown> = { fine: 1 };
  cyclic['self'] = cyclic;
  const { context, left } = sent({
    targetingKey: 'ann',
    call: () => 1,
    nan: NaN,
    when: new Date(NaN),
    half: '\ud800',
    nul: 'a\0b',
    huge: 2n ** 64n,
    of: new (class Thing {})(),
    get raises() {
      throw new Error('of the application');
    },
    deep: { list: [1, Symbol('x'), undefined] },
    absent: undefined,
  });
  assert.deepEqual(context, { targetingKey: 'ann', deep: { list: [1] } });
  assert.deepEqual(left.sort(), ['call', 'deep.list', 'half', 'huge', 'nan', 'nul', 'of', 'raises', 'when']);
  assert.ok(sent({ cyclic }).left.length);
  const wide = Array.from({ length: 2000 }, () => Array.from({ length: 2000 }, () => 1));
  assert.ok(sent({ targetingKey: 'ann', wide }).left.length);
  const raising = new Proxy({}, { ownKeys: () => { throw new Error('of the application'); } });
  assert.equal(sent(raising).key, undefined);
});

test('private attributes do not leave the page', () => {
  assert.deepEqual(sent({ targetingKey: 'ann', email: 'a@b.c' }, ['email']).context, { targetingKey: 'ann' });
});

test('integers that a number can not hold are read as they are', () => {
  const text = '{"a": 9007199254740993, "b": 1234567890123456, "c": 0.12345678901234567, "d": "9007199254740993", "e\\"1111111111111111": 1e20}';
  assert.deepEqual(parsed(text), {
    a: 9007199254740993n,
    b: 1234567890123456,
    c: 0.12345678901234567,
    d: '9007199254740993',
    'e"1111111111111111': 1e20,
  });
});

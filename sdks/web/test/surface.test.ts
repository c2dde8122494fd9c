/** The names that the package gives; who takes one away breaks somebody's page. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as sdk from '../src/index.js';
import * as openfeature from '../src/openfeature.js';
import { SDK } from '../src/version.js';

test('each entry gives these names and no others', () => {
  assert.deepEqual(Object.keys(sdk), ['FeatureFlagClient']);
  assert.deepEqual(Object.keys(openfeature), ['FeatureFlagProvider']);
});

test('a client has these methods and no others', () => {
  const waiting = ['isEnabled', 'variation', 'boolean', 'string', 'integer', 'number', 'object', 'detail', 'allFlags', 'config'];
  const others = ['identify', 'trackMetric', 'trackExposure', 'flush', 'close', 'ready', 'onChange', 'onState', 'status', 'userKey'];
  const names = ['constructor', ...waiting, ...waiting.map((name) => `${name}Sync`), ...others];
  assert.deepEqual(Object.getOwnPropertyNames(sdk.FeatureFlagClient.prototype).sort(), names.sort());
});

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(SDK, `web/${version}`);
});

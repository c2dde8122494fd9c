/** The provider, by OpenFeature's own web SDK. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus, type EventDetails } from '@openfeature/web-sdk';
import type { Options } from '../src/index.js';
import { FeatureFlagProvider } from '../src/openfeature.js';
import { flag, inCountry, Said, scripted, until, type Json } from './scripted.js';

const { edge, client } = scripted();
afterEach(async () => {
  await OpenFeature.clearProviders();
  await OpenFeature.setContext({});
  OpenFeature.clearHandlers();
});

function provider(options: Partial<Options> = {}): FeatureFlagProvider {
  return new FeatureFlagProvider(client(options));
}

test('each type is read, with its details', async () => {
  await edge.put('document', {
    version: 40,
    flags: {
      'a-boolean': flag(true, { metadata: { owner: 'shop' } }),
      'a-string': flag('blue'),
      'a-number': flag(0.5, { type: 'number' }),
      'an-integer': flag(7, { type: 'integer' }),
      'an-object': flag({ columns: 3 }),
    },
  });
  await OpenFeature.setProviderAndWait(provider(), { targetingKey: 'ann' });
  const reader = OpenFeature.getClient();
  assert.equal(reader.getStringValue('a-string', 'red'), 'blue');
  assert.equal(reader.getNumberValue('a-number', 0), 0.5);
  assert.equal(reader.getNumberValue('an-integer', 0), 7);
  assert.deepEqual(reader.getObjectValue('an-object', {}), { columns: 3 });
  const { value, variant, reason, flagMetadata } = reader.getBooleanDetails('a-boolean', false);
  assert.deepEqual([value, variant, reason], [true, 'on', 'STATIC']);
  const { version, flagSetId, owner, contextId } = flagMetadata;
  assert.deepEqual([version, flagSetId, owner, contextId], ['40', 'scripted/test', 'shop', 'ann']);
  assert.equal(reader.getBooleanDetails('a-string', false).errorCode, ErrorCode.TYPE_MISMATCH);
  assert.equal(reader.getStringDetails('no-such-flag', 'red').errorCode, ErrorCode.FLAG_NOT_FOUND);
});

test('another context is another user', async () => {
  await edge.put('document', { flags: { local: flag(true, { ...inCountry('NO'), report_exposures: true }) } });
  await OpenFeature.setProviderAndWait(provider(), { targetingKey: 'ola', country: 'NO' });
  const reader = OpenFeature.getClient();
  assert.equal(reader.getBooleanValue('local', false), true);
  const changed: (EventDetails | undefined)[] = [];
  reader.addHandler(ProviderEvents.ConfigurationChanged, (details) => changed.push(details));
  await OpenFeature.setContext({ targetingKey: 'sven', country: 'SE', since: new Date(0) });
  assert.equal(reader.getBooleanValue('local', true), false);
  assert.deepEqual(changed, []);
});

test('a change is told with the names of its flags', async () => {
  await edge.put('document', { flags: { moving: flag('one'), steady: flag('one') } });
  const made = provider();
  await OpenFeature.setProviderAndWait(made, { targetingKey: 'ann' });
  const reader = OpenFeature.getClient();
  const changed: unknown[] = [];
  reader.addHandler(ProviderEvents.ConfigurationChanged, (details) => changed.push(details?.flagsChanged));
  await until(() => made.client.status().mode === 'stream');
  await edge.put('document', { flags: { moving: flag('two'), steady: flag('one') } });
  await until(() => changed.length);
  assert.deepEqual(changed, [['moving']]);
  assert.equal(reader.getStringValue('moving', ''), 'two');
});

test('what is tracked is a metric event, and what is read an exposure', async () => {
  await edge.put('document', { flags: { asking: flag(true, { report_exposures: true }) } });
  const made = provider();
  await OpenFeature.setProviderAndWait(made, { targetingKey: 'ann' });
  const reader = OpenFeature.getClient();
  reader.getBooleanValue('asking', false);
  reader.track('purchase', { value: 12.5, currency: 'EUR' });
  reader.track('seen');
  await made.client.flush();
  const events = await edge.get<Json[]>('events');
  assert.deepEqual(
    events.map(({ type, user_key, flag: key, metric, value, properties }) => [type, user_key, key ?? metric, value, properties]),
    [
      ['exposure', 'ann', 'asking', undefined, undefined],
      ['metric', 'ann', 'purchase', 12.5, { currency: 'EUR' }],
      ['metric', 'ann', 'seen', undefined, undefined],
    ],
  );
});

test('a refused key is fatal', async () => {
  const made = provider({ envKey: 'cli_unknown', logger: new Said() });
  await assert.rejects(OpenFeature.setProviderAndWait(made, { targetingKey: 'ann' }), /unknown/);
  assert.equal(OpenFeature.getClient().providerStatus, ProviderStatus.FATAL);
});

test('a key that is refused later is an error, and what is held goes on', async () => {
  await edge.put('document', { flags: { fancy: flag(true) } });
  const made = provider({ polling: 'always', pollInterval: 0.02, logger: new Said() });
  await OpenFeature.setProviderAndWait(made, { targetingKey: 'ann' });
  const errors: (EventDetails | undefined)[] = [];
  OpenFeature.addHandler(ProviderEvents.Error, (details) => errors.push(details));
  await edge.put('behaviour', { bulk: { kind: 'status', status: 403 } });
  await until(() => errors.length);
  assert.equal(OpenFeature.getClient().providerStatus, ProviderStatus.ERROR);
  assert.equal(errors[0]?.errorCode, ErrorCode.GENERAL);
  assert.equal(OpenFeature.getClient().getBooleanValue('fancy', false), true);
});

test('an edge that is not there is an error until it is', async () => {
  await edge.put('document', { flags: { fancy: flag(true) } });
  await edge.put('behaviour', { bulk: { kind: 'status', status: 503 } });
  await assert.rejects(OpenFeature.setProviderAndWait(provider({ startWait: 0.05 }), { targetingKey: 'ann' }));
  const reader = OpenFeature.getClient();
  assert.equal(reader.getBooleanDetails('fancy', false).errorCode, ErrorCode.PROVIDER_NOT_READY);
  await edge.put('behaviour', { bulk: 'ok' });
  await until(() => reader.providerStatus === ProviderStatus.READY);
  assert.equal(reader.getBooleanValue('fancy', false), true);
});

test('an outage while the context changes is over with the outage', async () => {
  await edge.put('document', { flags: { fancy: flag(true) } });
  await OpenFeature.setProviderAndWait(provider({ startWait: 0.05 }), { targetingKey: 'ann' });
  const reader = OpenFeature.getClient();
  await edge.put('behaviour', { bulk: { kind: 'status', status: 503 } });
  await OpenFeature.setContext({ targetingKey: 'bert' });
  assert.equal(reader.providerStatus, ProviderStatus.ERROR);
  await edge.put('behaviour', { bulk: 'ok' });
  await until(() => reader.providerStatus === ProviderStatus.READY);
  assert.equal(reader.getBooleanValue('fancy', false), true);
});

// flagd's own provider, driven as flagd_provider.py says; without the selector, which it doesn't send in RPC mode.
import { createInterface } from 'node:readline';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';

const METHODS = {
  boolean: 'getBooleanDetails',
  string: 'getStringDetails',
  number: 'getNumberDetails',
  object: 'getObjectDetails',
};
const [port, , mode] = process.argv.slice(2);
const client = OpenFeature.getClient();
const changed = new Set();
let heard = () => {};
client.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
  for (const flag of details?.flagsChanged ?? []) changed.add(flag);
  heard();
});
await OpenFeature.setProviderAndWait(
  new FlagdProvider({ host: '127.0.0.1', port: Number(port), resolverType: mode, deadlineMs: 10_000 }),
);
console.log(JSON.stringify({ status: client.providerStatus }));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if ('changes' in asked) {
    while (changed.size < asked.changes) {
      await new Promise((resolve) => {
        heard = resolve;
      });
    }
    console.log(JSON.stringify([...changed].sort()));
    changed.clear();
    continue;
  }
  const told = await client[METHODS[typeof asked.default]](asked.flag, asked.default, asked.context);
  const { value, variant = null, reason, errorCode: error = null } = told;
  console.log(JSON.stringify({ value, variant, reason, error }));
}
await OpenFeature.close();

// Evaluates with @openfeature/ofrep-provider; prints one JSON object of what came out.
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';

const { url, key, context } = JSON.parse(process.argv[2]);
await OpenFeature.setProviderAndWait(
  new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${key}`]] }),
);
const client = OpenFeature.getClient();
const answers = {
  plain: await client.getBooleanDetails('plain', false, context),
  greeting: await client.getStringDetails('greeting', '?', context),
  limit: await client.getNumberDetails('limit', 0, context),
  ratio: await client.getNumberDetails('ratio', 0, context),
  theme: await client.getObjectDetails('theme', {}, context),
  disabled: await client.getBooleanDetails('disabled', true, context),
  half: await client.getBooleanDetails('half', false, context),
  withoutKey: await client.getBooleanDetails('half', false, {}),
  unknown: await client.getBooleanDetails('unknown', true, context),
};
console.log(JSON.stringify(answers));
await OpenFeature.close();

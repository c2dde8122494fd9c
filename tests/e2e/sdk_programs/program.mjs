// An application: it asks for two flags and tracks a metric, for each user on standard input.
import { readFileSync } from 'node:fs';
import { FeatureFlagClient } from '@feature-flag-platform/sdk';

const envKey = process.env.SERVER_KEY;
const endpoint = process.env.EDGE;

const client = new FeatureFlagClient({ envKey, endpoint });
for (const user of readFileSync(0, 'utf8').trim().split('\n')) {
  const enabled = await client.isEnabled("new-feature", user);
  const variation = await client.variation("button-color", user, "blue");
  await client.trackMetric("conversion", 1.0, user);
  console.log(JSON.stringify([user, enabled, variation]));
}
await client.close();

/**
 * Many clients of one key, for `python -m benchmarks.sdk_storm`: prints `ready` when each of them has a configuration,
 * and ends with its input.
 *
 *     node bench/storm.js KEY ENDPOINT CLIENTS
 */

import { FeatureFlagClient } from "../dist/index.js";

const PATIENCE_SECONDS = 120;
const [envKey, endpoint, count] = process.argv.slice(2);

for (let number = 0; number < Number(count); number += 1) {
  const client = new FeatureFlagClient({ envKey, endpoint, usage: false });
  if (!(await client.ready(PATIENCE_SECONDS))) {
    process.stderr.write(`a client is not ready: ${JSON.stringify(client.status())}\n`);
    process.exit(1);
  }
}
process.stdout.write("ready\n");
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

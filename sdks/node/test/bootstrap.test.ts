import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { FeatureFlagClient } from "../src/index.js";
import { experiment, flag, HALVES, Said } from "./sample.js";
import { ScriptedEdge } from "./scripted_edge.js";

let edge: ScriptedEdge;

before(async () => {
  edge = await ScriptedEdge.started();
});
after(() => edge.end());

const visible = { client_visible: true };

test("a page begins with what the edge would have told it", async () => {
  await edge.serve({
    version: 5,
    flags: {
      seen: flag("seen", "blue", { ...visible, metadata: { owner: "shop" } }),
      split: flag("split", true, { ...visible, default: HALVES, report_exposures: true }),
      tried: flag("tried", true, visible),
      hidden: flag("hidden", true),
      "<script>": flag("<script>", "</script>", visible),
    },
    experiments: { checkout: experiment("checkout", "tried") },
    remote_configs: { page: { key: "page", value: { columns: 3 }, client_visible: true } },
  });
  const client = new FeatureFlagClient({ envKey: edge.serverKey, endpoint: edge.address, logger: new Said() });
  const mine = await client.bootstrapFor({ key: "u1", attributes: { country: "NO" } });
  const answer = await fetch(`${edge.address}/ofrep/v1/evaluate/flags`, {
    method: "POST",
    headers: { Authorization: `Bearer ${edge.clientKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ context: { targetingKey: "u1", country: "NO" } }),
  });
  const told = (await answer.json()) as { flags: { key: string; metadata: Record<string, unknown> }[]; metadata: { version: string } };
  const bare = ({ metadata: { flagSetId, ageSeconds, ...metadata }, ...each }: (typeof told.flags)[number]): object => ({ ...each, metadata });
  const byKey = (one: object, other: object): number => ((one as { key: string }).key < (other as { key: string }).key ? -1 : 1);
  assert.deepEqual((mine.flags as typeof told.flags).map(bare).sort(byKey), told.flags.map(bare).sort(byKey));
  assert.equal(mine.metadata.version, told.metadata.version);
  assert.equal(client.bootstrapForSync("u1").flags.length, mine.flags.length);
  await client.close(0);
});

test("what JSON can't be written with is left to the edge", () => {
  const flags = { large: flag("large", { ids: [9007199254740993n] } as never, visible), small: flag("small", 1, visible) };
  const options = { envKey: "k", endpoint: [], offline: true, bootstrap: { salt: "s", version: 1, flags }, logger: new Said() };
  const { flags: told } = new FeatureFlagClient(options).bootstrapForSync("u1");
  assert.deepEqual(JSON.parse(JSON.stringify(told.map((each) => (each as { key: string }).key))), ["small"]);
});

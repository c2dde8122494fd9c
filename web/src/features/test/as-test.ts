/** What was seen, as a test in a language that keeps it so. */

import type { Answer } from "./answer";

export const testsIn = ["Python", "Node", "curl"] as const;
export type TestIn = (typeof testsIn)[number];

export function asTest(
  language: TestIn,
  flag: string,
  context: Readonly<Record<string, unknown>>,
  answer: Answer,
): string {
  const { targetingKey, ...attributes } = context;
  const key = JSON.stringify(targetingKey ?? "");
  const rest = JSON.stringify(attributes);
  const wanted = JSON.stringify(answer.variation);
  const reason = JSON.stringify(answer.reason);
  if (language === "Python") {
    return [
      `def test_${flag.replaceAll(/[^a-z0-9]+/g, "_")}(client):`,
      `    user = {"key": ${key}, "attributes": ${pythonOf(rest)}}`,
      `    decision = client.detail(${JSON.stringify(flag)}, user, None)`,
      `    assert (decision.variant, decision.reason) == (${pythonOf(wanted)}, ${reason})`,
    ].join("\n");
  }
  if (language === "Node") {
    return [
      `test('${flag}', async () => {`,
      `  const user = { key: ${key}, attributes: ${rest} };`,
      `  const { variant, reason } = await client.detail('${flag}', user, null);`,
      `  assert.deepEqual([variant, reason], [${wanted}, ${reason}]);`,
      "});",
    ].join("\n");
  }
  return [
    `curl -sS "$EDGE/ofrep/v1/evaluate/flags/${flag}" -H "Authorization: Bearer $SERVER_KEY" \\`,
    `  -H "Content-Type: application/json" -d '${JSON.stringify({ context }).replaceAll("'", "'\\''")}' \\`,
    `  | jq -e '.variant == ${wanted.replaceAll("'", "")} and .reason == ${reason}'`,
  ].join("\n");
}

const pythonOf = (json: string): string =>
  json
    .replaceAll(/(?<=[[:,]\s*)true\b/g, "True")
    .replaceAll(/(?<=[[:,]\s*)false\b/g, "False")
    .replaceAll(/(?<=[[:,]\s*)null\b/g, "None")
    .replace(/^null$/, "None");

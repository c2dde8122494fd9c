/** How a flag is read in each language. Pure. */

export type Language = "Python" | "Node" | "Web" | "Go" | "Java" | "curl";

export const LANGUAGES: readonly Language[] = ["Python", "Node", "Web", "Go", "Java", "curl"];

export interface Subject {
  readonly key: string;
  readonly type: string;
  readonly fallback: unknown;
}

export function snippet(language: Language, { key, type, fallback }: Subject): string {
  const json = JSON.stringify(fallback);
  const boolean = type === "boolean";
  switch (language) {
    case "Python":
      return [
        "from feature_flag_platform import FeatureFlagClient",
        "",
        "client = FeatureFlagClient(env_key=SERVER_KEY, endpoint=EDGE)",
        'user = {"key": "user-1", "attributes": {"country": "DE"}}',
        "",
        boolean
          ? `if client.is_enabled("${key}", user):`
          : `value = client.variation("${key}", user, ${python(fallback)})`,
        ...(boolean ? ["    ..."] : []),
      ].join("\n");
    case "Node":
      return [
        "import { FeatureFlagClient } from '@feature-flag-platform/sdk';",
        "",
        "const client = new FeatureFlagClient({ envKey: SERVER_KEY, endpoint: EDGE });",
        "const user = { key: 'user-1', attributes: { country: 'DE' } };",
        "",
        boolean
          ? `const enabled = await client.isEnabled('${key}', user);`
          : `const value = await client.variation('${key}', user, ${json});`,
      ].join("\n");
    case "Web":
      return [
        "import { FeatureFlagClient } from '@feature-flag-platform/web';",
        "",
        "const user = { key: 'user-1', attributes: { country: 'DE' } };",
        "const client = new FeatureFlagClient({ envKey: CLIENT_KEY, endpoint: EDGE, user });",
        "await client.ready();",
        "",
        `const { value } = client.detailSync('${key}', undefined, ${json});`,
      ].join("\n");
    case "Go":
      return [
        "client := ff.NewClient(ff.Config{EnvKey: serverKey, Endpoint: edge})",
        "defer client.Close()",
        'user := ff.User{Key: "user-1", Attributes: map[string]any{"country": "DE"}}',
        "",
        boolean
          ? `enabled := client.IsEnabled("${key}", user)`
          : `value, err := client.Variation("${key}", user, ${go(fallback)})`,
      ].join("\n");
    case "Java":
      return [
        "Client client = OpenFeatureAPI.getInstance().getClient();",
        'EvaluationContext user = new ImmutableContext("user-1", Map.of("country", new Value("DE")));',
        "",
        javaCall(key, type, fallback),
      ].join("\n");
    case "curl":
      return [
        `curl -sS "$EDGE/ofrep/v1/evaluate/flags/${key}" \\`,
        '  -H "Authorization: Bearer $CLIENT_KEY" -H "Content-Type: application/json" \\',
        `  -d '{"context": {"targetingKey": "user-1", "country": "DE"}}'`,
      ].join("\n");
  }
}

function python(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  return JSON.stringify(value)
    .replaceAll(/\btrue\b/g, "True")
    .replaceAll(/\bfalse\b/g, "False")
    .replaceAll(/\bnull\b/g, "None");
}

const go = (value: unknown): string => (typeof value === "object" ? "map[string]any{}" : JSON.stringify(value));

function javaCall(key: string, type: string, fallback: unknown): string {
  const json = JSON.stringify(fallback);
  switch (type) {
    case "boolean":
      return `boolean enabled = client.getBooleanValue("${key}", ${json}, user);`;
    case "string":
      return `String value = client.getStringValue("${key}", ${json}, user);`;
    case "integer":
      return `Integer value = client.getIntegerValue("${key}", ${json}, user);`;
    case "number":
      return `Double value = client.getDoubleValue("${key}", ${json}, user);`;
    default:
      return `Value value = client.getObjectValue("${key}", new Value(), user);`;
  }
}

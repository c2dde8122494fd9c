/** Programs to begin with, in each language, for one flag of one environment. Pure. */

export const LANGUAGES = ["python", "node", "web", "go", "java", "curl"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  python: "Python",
  node: "Node",
  web: "Web",
  go: "Go",
  java: "Java",
  curl: "curl",
};

/** Pages are read by everybody, so they get a key that opens values alone. */
export const keyKind = (language: Language): "server" | "client" => (language === "web" ? "client" : "server");

export type FlagType = "boolean" | "string" | "integer" | "number" | "object";

export interface Target {
  readonly flag: string;
  readonly type: FlagType;
  /** Where the edge answers. */
  readonly edge: string;
  readonly ingestor: string;
  /** The key just made; without it the reader puts in their own. */
  readonly key: string | null;
}

export interface Piece {
  readonly title: string;
  /** How the code is to be read: "bash", "main.py". */
  readonly name: string;
  readonly code: string;
  readonly text?: string;
}

const LACKS = "YOUR_KEY";

/** The steps from nothing to the first evaluation. */
export function pieces(language: Language, target: Target): readonly Piece[] {
  return WRITERS[language](target);
}

const exported = ({ edge, key }: Target, kind: "server" | "client"): Piece => ({
  title: "Say where the edge is, and who asks",
  name: "shell",
  code: `export EDGE=${edge}\nexport ${kind === "server" ? "SERVER_KEY" : "CLIENT_KEY"}=${key ?? LACKS}`,
  text: "The key is a secret of your deployment: keep it out of the source.",
});

const METRIC = { name: "purchase", value: 12.5 } as const;

type Defaults = Readonly<Record<FlagType, string>>;
const pythonDefaults: Defaults = { boolean: "False", string: '""', integer: "0", number: "0.0", object: "{}" };
const scriptDefaults: Defaults = { boolean: "false", string: "''", integer: "0", number: "0", object: "{}" };
const goDefaults: Defaults = {
  boolean: "false",
  string: '""',
  integer: "0",
  number: "0.0",
  object: "map[string]any{}",
};
const javaCalls: Readonly<Record<FlagType, readonly [type: string, getter: string, otherwise: string]>> = {
  boolean: ["Boolean", "getBooleanDetails", "false"],
  string: ["String", "getStringDetails", '""'],
  integer: ["Integer", "getIntegerDetails", "0"],
  number: ["Double", "getDoubleDetails", "0.0"],
  object: ["Value", "getObjectDetails", "new Value()"],
};

const WRITERS: Readonly<Record<Language, (target: Target) => readonly Piece[]>> = {
  python: (target) => [
    { title: "Install the SDK", name: "shell", code: "pip install feature-flag-platform" },
    exported(target, "server"),
    {
      title: "Ask for the flag",
      name: "main.py",
      code: `import os

from feature_flag_platform import FeatureFlagClient

client = FeatureFlagClient(env_key=os.environ["SERVER_KEY"], endpoint=os.environ["EDGE"])
user = {"key": "user-1", "attributes": {"country": "NO"}}

decision = client.detail(${JSON.stringify(target.flag)}, user, ${pythonDefaults[target.type]})
print(decision.value, decision.variant, decision.reason)

client.track_metric("${METRIC.name}", ${METRIC.value}, user)
client.close()`,
    },
    { title: "Run it", name: "shell", code: "python main.py" },
  ],
  node: (target) => [
    { title: "Install the SDK", name: "shell", code: "npm install @feature-flag-platform/sdk" },
    exported(target, "server"),
    {
      title: "Ask for the flag",
      name: "main.mjs",
      code: `import { FeatureFlagClient } from "@feature-flag-platform/sdk";

const { EDGE, SERVER_KEY } = process.env;
const client = new FeatureFlagClient({ envKey: SERVER_KEY, endpoint: EDGE });
const user = { key: "user-1", attributes: { country: "NO" } };

const { value, variant, reason } = await client.detail(${JSON.stringify(target.flag)}, user, ${scriptDefaults[target.type]});
console.log(value, variant, reason);

await client.trackMetric("${METRIC.name}", ${METRIC.value}, user);
await client.close();`,
    },
    { title: "Run it", name: "shell", code: "node main.mjs" },
  ],
  web: (target) => [
    { title: "Install the SDK", name: "shell", code: "npm install @feature-flag-platform/web" },
    {
      title: "Ask for the flag",
      name: "main.js",
      code: `import { FeatureFlagClient } from "@feature-flag-platform/web";

const client = new FeatureFlagClient({
  envKey: ${JSON.stringify(target.key ?? LACKS)},
  endpoint: ${JSON.stringify(target.edge)},
  user: { key: "user-1", attributes: { country: "NO" } },
});
await client.ready();

function show() {
  const { value } = client.detailSync(${JSON.stringify(target.flag)}, undefined, ${scriptDefaults[target.type]});
  document.body.textContent = String(value);
}
client.onChange(show, ${JSON.stringify(target.flag)});
show();

addEventListener("click", () => client.trackMetric("${METRIC.name}", ${METRIC.value}));`,
      text: "A client key may stand in a page: it opens only the values of flags that are marked client-visible.",
    },
  ],
  go: (target) => [
    { title: "Install the SDK", name: "shell", code: "go get github.com/feature-flag-platform/sdk/go" },
    exported(target, "server"),
    {
      title: "Ask for the flag",
      name: "main.go",
      code: `package main

import (
	"fmt"
	"os"

	ff "github.com/feature-flag-platform/sdk/go"
)

func main() {
	client := ff.NewClient(ff.Config{EnvKey: os.Getenv("SERVER_KEY"), Endpoint: os.Getenv("EDGE")})
	defer client.Close()

	user := ff.User{Key: "user-1", Attributes: map[string]any{"country": "NO"}}
	decision := client.Detail(${JSON.stringify(target.flag)}, user, ${goDefaults[target.type]})
	fmt.Println(decision.Value, decision.Variant, decision.Reason)

	client.TrackMetric("${METRIC.name}", ${METRIC.value}, user)
}`,
    },
    { title: "Run it", name: "shell", code: "go run ." },
  ],
  java: (target) => {
    const [type, getter, otherwise] = javaCalls[target.type];
    return [
      {
        title: "Add OpenFeature and its OFREP provider",
        name: "pom.xml",
        code: `<dependency>
  <groupId>dev.openfeature</groupId>
  <artifactId>sdk</artifactId>
  <version>1.18.2</version>
</dependency>
<dependency>
  <groupId>dev.openfeature.contrib.providers</groupId>
  <artifactId>ofrep</artifactId>
  <version>0.0.1</version>
</dependency>`,
      },
      exported(target, "server"),
      {
        title: "Ask for the flag",
        name: "Hello.java",
        code: `import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.*;
import java.util.Map;

public class Hello {
    public static void main(String[] arguments) {
        String bearer = "Bearer " + System.getenv("SERVER_KEY");
        OpenFeatureAPI api = OpenFeatureAPI.getInstance();
        api.setProviderAndWait(OfrepProvider.constructProvider(OfrepProviderOptions.builder()
                .baseUrl(System.getenv("EDGE"))
                .headers(ImmutableMap.of("Authorization", ImmutableList.of(bearer)))
                .build()));

        EvaluationContext user = new ImmutableContext("user-1", Map.of("country", new Value("NO")));
        FlagEvaluationDetails<${type}> decision = api.getClient().${getter}(${JSON.stringify(target.flag)}, ${otherwise}, user);
        System.out.println(decision.getValue() + " " + decision.getVariant() + " " + decision.getReason());
        api.shutdown();
    }
}`,
        text: "Decisions come from the edge. A provider that also sends metric events is in docs/integration/java.md.",
      },
    ];
  },
  curl: (target) => [
    exported(target, "server"),
    {
      title: "Ask for the flag",
      name: "shell",
      code: `curl "$EDGE/ofrep/v1/evaluate/flags/${target.flag}" -H "Authorization: Bearer $SERVER_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"context": {"targetingKey": "user-1", "country": "NO"}}'`,
    },
    {
      title: "Send a metric event",
      name: "shell",
      code: `curl "${target.ingestor}/v1/events" -H "Authorization: Bearer $SERVER_KEY" -H 'Content-Type: application/json' -d '[
  {"type": "metric", "event_id": "curl-1", "timestamp": "'"$(date -u +%FT%TZ)"'", "user_key": "user-1",
   "metric": "${METRIC.name}", "value": ${METRIC.value}}]'`,
      text: "An event with the same event_id counts once, so sending it again is harmless.",
    },
  ],
};

/** A key as the API takes it, from a name: "New checkout" -> "new-checkout". */
export function keyOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 128);
}

interface Caller {
  readonly name: string | null;
  readonly version: string | null;
  readonly last_evaluation_at: string | null;
}

/** Who asked last; null while nobody did. */
export function lastCaller<C extends Caller>(callers: readonly C[]): C | null {
  const asked = callers.filter((each) => each.last_evaluation_at !== null);
  return (
    asked.toSorted((one, other) => String(other.last_evaluation_at).localeCompare(String(one.last_evaluation_at)))[0] ??
    null
  );
}

/** "python 0.3", or what can be said of one that tells nothing. */
export function callerName({ name, version }: Caller): string {
  if (name === null) return "a program that does not say which";
  return version === null ? name : `${name} ${version}`;
}

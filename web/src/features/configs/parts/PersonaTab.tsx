import { Button, Group, SimpleGrid, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, sentence } from "@/api/problem";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { isObject, type Json, type JsonObject } from "@/lib/json";
import classes from "../configs.module.css";
import { objectFrom, valueWords } from "../model";
import { type Config, type ConfigSettings, explainConfig } from "../queries";
import { objectOf } from "./SettingsTab";

interface Props {
  readonly config: Config;
  readonly settings: ConfigSettings;
}

interface Answer {
  readonly who: string;
  readonly value: Json | undefined;
  readonly told: string;
}

/** What somebody gets, by what is saved, and how that differs from what everybody gets. */
export function PersonaTab({ config, settings }: Props) {
  const { project, environment } = usePlace();
  const [text, setText] = useState('{\n  "targetingKey": "anna"\n}');
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  const [busy, setBusy] = useState(false);
  const context = objectFrom(text);
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    if (context === null) return;
    setBusy(true);
    const who = whoOf(context);
    try {
      const { decision } = await explainConfig(project.key, environment.key, config.key, context);
      const value = decision.value as Json | undefined;
      setAnswers((before) =>
        [{ who, value, told: String(decision.reason ?? "") }, ...before.filter((each) => each.who !== who)].slice(0, 6),
      );
    } catch (thrown) {
      setAnswers((before) => [{ who, value: undefined, told: sentence(asProblem(thrown)) }, ...before].slice(0, 6));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.stack}>
      <Card
        title={`What does somebody get in ${environment.name}?`}
        subtitle="An evaluation context, as an SDK sends it."
      >
        <form onSubmit={(event) => void ask(event)}>
          <Textarea
            label="Context"
            autosize
            minRows={3}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            spellCheck={false}
            value={text}
            error={context === null ? "This is no JSON object yet." : undefined}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group mt="sm">
            <Guarded right="context:explain" environment={environment.key}>
              {(guard) => (
                <Button type="submit" loading={busy} disabled={context === null} {...guard}>
                  Ask
                </Button>
              )}
            </Guarded>
          </Group>
        </form>
      </Card>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {answers.map((each) => (
          <Answered key={each.who} answer={each} plain={objectOf(settings.value)} />
        ))}
      </SimpleGrid>
    </div>
  );
}

function Answered({ answer, plain }: { readonly answer: Answer; readonly plain: JsonObject }) {
  const words = answer.value === undefined ? [] : valueWords(plain, answer.value);
  return (
    <Card title={answer.who} subtitle={answer.told}>
      {answer.value !== undefined && (
        <>
          {words.length === 0 ? (
            <p className={classes.dim}>The same as everybody.</p>
          ) : (
            <ul className={classes.change}>
              {words.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <pre className={classes.value} tabIndex={0}>
            {JSON.stringify(answer.value, null, 2)}
          </pre>
        </>
      )}
    </Card>
  );
}

function whoOf(context: JsonObject): string {
  const { targetingKey, ...attributes } = context;
  const rest = Object.entries(attributes).map(
    ([name, value]) => `${name} ${isObject(value) ? JSON.stringify(value) : String(value)}`,
  );
  return [typeof targetingKey === "string" ? targetingKey : "somebody", ...rest].join(", ");
}

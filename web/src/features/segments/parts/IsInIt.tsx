import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, sentence } from "@/api/problem";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { isObject } from "@/lib/json";
import { membershipOf, membershipWords } from "../model";
import { membership, type Segment } from "../queries";
import classes from "../segments.module.css";

/** "Is this user in it?", by what is saved. */
export function IsInIt({ segment }: { readonly segment: Segment }) {
  const { project, environment } = usePlace();
  const [unit, setUnit] = useState("");
  const [attributes, setAttributes] = useState("");
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState("");
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    const read = attributesFrom(attributes);
    if (read === null) {
      setAnswer("The attributes are no JSON object yet.");
      return;
    }
    setBusy(true);
    try {
      const told = await membership(project.key, environment.key, segment.key, { ...read, targetingKey: unit });
      const found = membershipOf(told.segments[segment.key]);
      setAnswer(found === undefined ? "That can't be told." : membershipWords(unit, found));
    } catch (thrown) {
      setAnswer(sentence(asProblem(thrown)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Is this user in it?" subtitle={`As it is saved, in ${environment.name}`}>
      <form onSubmit={(event) => void ask(event)}>
        <TextInput
          label="Targeting key"
          placeholder="anna"
          value={unit}
          onChange={(event) => setUnit(event.currentTarget.value)}
        />
        <Textarea
          label="Attributes"
          description="As JSON, where the condition asks for them"
          placeholder='{"country": "DE"}'
          mt="xs"
          autosize
          minRows={1}
          spellCheck={false}
          value={attributes}
          onChange={(event) => setAttributes(event.currentTarget.value)}
        />
        <Group mt="xs">
          <Guarded right="context:explain" environment={environment.key}>
            {(guard) => (
              <Button type="submit" variant="default" loading={busy} disabled={unit === ""} {...guard}>
                Ask
              </Button>
            )}
          </Guarded>
        </Group>
      </form>
      <p role="status" className={classes.answer}>
        {answer}
      </p>
    </Card>
  );
}

function attributesFrom(text: string): Record<string, unknown> | null {
  if (text.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) ? read : null;
  } catch {
    return null;
  }
}

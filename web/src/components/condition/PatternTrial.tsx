import { Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { tried } from "@/lib/rules";
import classes from "./Condition.module.css";

const EXAMPLES_MAX = 5;

/** A pattern on values that were seen, and on one that is typed. */
export function PatternTrial({ pattern, seen }: { pattern: string; seen: readonly string[] }) {
  const [own, setOwn] = useState("");
  if (pattern === "") return null;
  const examples = [...(own === "" ? [] : [own]), ...seen.slice(0, EXAMPLES_MAX)];
  const trial = tried(pattern, examples);
  return (
    <div className={classes.trial}>
      <TextInput
        size="xs"
        aria-label="Try the pattern on"
        placeholder="Try it on a value"
        value={own}
        onChange={(event) => setOwn(event.currentTarget.value)}
      />
      {!trial.tried && (
        <Text size="xs" c="dimmed">
          {trial.why}
        </Text>
      )}
      {trial.tried &&
        trial.matches.map(({ example, at }) => (
          <Text key={example} size="xs" component="div" className={classes.example}>
            <span aria-hidden>{at === null ? "✗" : "✓"}</span>{" "}
            {at === null ? (
              example
            ) : (
              <>
                {example.slice(0, at[0])}
                <mark>{example.slice(at[0], at[1])}</mark>
                {example.slice(at[1])}
              </>
            )}
            <span className={classes.hidden}>{at === null ? " does not match" : " matches"}</span>
          </Text>
        ))}
    </div>
  );
}

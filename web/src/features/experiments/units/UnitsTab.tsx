import { Button, Group, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { Sideways } from "@/components/Sideways";
import { plural } from "@/lib/format";
import type { Experiment } from "../queries";
import styles from "../results/results.module.css";
import { type Assigned, contextsOf, UNITS_MAX } from "./model";
import { useAssignments } from "./queries";

/** Which user is in what, asked for one or for a pasted list. */
export function UnitsTab({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const [text, setText] = useState("");
  const [contexts, setContexts] = useState<Record<string, unknown>[]>([]);
  const place = {
    project: project.key,
    environment: experiment.environment,
    flag: experiment.flag,
    experiment: experiment.key,
  };
  const assigned = useAssignments(place, contexts);
  const { contexts: typed, wrong } = contextsOf(text);
  return (
    <Card
      title="Assign users"
      subtitle={`What ${experiment.flag} serves them in ${experiment.environment} now, and whether this experiment counts them.`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setContexts(typed);
        }}
      >
        <Stack gap="sm">
          <Textarea
            label="Users"
            description={`A targeting key per line, or a JSON object with attributes; at most ${UNITS_MAX}.`}
            placeholder={'anna\n{"targetingKey": "bert", "country": "DE"}'}
            autosize
            minRows={3}
            maxRows={12}
            value={text}
            error={wrong.length > 0 ? `No JSON object: ${wrong[0]}` : null}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group>
            <Button type="submit" disabled={typed.length === 0 || wrong.length > 0}>
              Assign {typed.length === 0 ? "users" : plural(typed.length, "user")}
            </Button>
          </Group>
        </Stack>
      </form>
      {contexts.length > 0 && (
        <QueryView query={assigned} part>
          {(found: Assigned[]) => (
            <Sideways label="Units">
              <table className={styles.table}>
                <thead>
                  <tr>
                    <th scope="col">User</th>
                    <th scope="col">Variation</th>
                    <th scope="col">In the experiment</th>
                    <th scope="col">Why</th>
                  </tr>
                </thead>
                <tbody>
                  {found.map((each) => (
                    <tr key={each.unit}>
                      <th scope="row">{each.unit}</th>
                      <td>{each.variation ?? "none"}</td>
                      <td>{each.inExperiment ? <Badge tone="good">In it</Badge> : <Badge>Not in it</Badge>}</td>
                      <td>{each.reason}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Sideways>
          )}
        </QueryView>
      )}
    </Card>
  );
}

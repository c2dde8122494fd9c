import { Loader, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asProblem, sentence } from "@/api/problem";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import { callerName, lastCaller } from "../model";
import { callersQuery } from "../queries";
import classes from "./Listening.module.css";

interface Props {
  readonly project: string;
  readonly environment: { readonly key: string; readonly name: string };
}

/** Waits for the first evaluation, and says which SDK it came from. */
export function Listening({ project, environment }: Props) {
  const query = useQuery(callersQuery(project, environment.key));
  const caller = query.data === undefined ? null : lastCaller(query.data.sdks);
  // An exposure arrives within seconds; which SDK it was is told when its minute is over.
  const at = caller?.last_evaluation_at ?? query.data?.last_exposure_at ?? null;
  if (at !== null) {
    return (
      <div className={classes.box} data-heard role="status">
        <Icon name="check" />
        <Text fw={600}>
          First evaluation{caller === null ? "" : ` from ${callerName(caller)}`}, <Time at={at} />
        </Text>
      </div>
    );
  }
  return (
    <div className={classes.box} role="status">
      <Loader size="xs" aria-hidden />
      <div>
        <Text fw={600}>Waiting for the first evaluation in {environment.name}</Text>
        <Text c="dimmed">
          {query.isError ? sentence(asProblem(query.error)) : "It shows here seconds after your program asks."}
        </Text>
      </div>
    </div>
  );
}

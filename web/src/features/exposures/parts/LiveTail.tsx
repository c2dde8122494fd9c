import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { memo, useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { sentence } from "@/api/problem";
import { useRight } from "@/api/rights";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { WhyNot } from "@/components/rights/WhyNot";
import classes from "../exposures.module.css";
import { shown, type TailFilter, type TailRow } from "../model";
import { type TailState, useTail } from "./use-tail";

const DRAWN = 100;

const STATES: Record<TailState, { label: string; tone: "neutral" | "good" | "caution" }> = {
  connecting: { label: "connecting", tone: "neutral" },
  live: { label: "live", tone: "good" },
  paused: { label: "paused", tone: "neutral" },
  again: { label: "trying again", tone: "caution" },
};

/** Events as they arrive, taken and refused, for whoever debugs an SDK. */
export function LiveTail() {
  const { project, environment } = usePlace();
  const right = useRight("exposures:read", environment.key);
  const [paused, setPaused] = useState(false);
  const [filter, setFilter] = useState<TailFilter>({ kind: "all", text: "" });
  const { rows, state, problem, clear } = useTail(project.key, environment.key, paused || !right.allowed);
  const fitting = useMemo(() => shown(rows, filter), [rows, filter]);
  const { label, tone } = STATES[state];
  if (!right.allowed)
    return (
      <Empty
        title="You may not see events here"
        text={
          <>
            <WhyNot right="exposures:read" environment={environment.key} />.
          </>
        }
      />
    );
  return (
    <Card
      title="Events as they arrive"
      subtitle={<Badge tone={tone}>{label}</Badge>}
      actions={
        <>
          <Button variant="default" size="xs" onClick={() => setPaused(!paused)}>
            {paused ? "Go on" : "Pause"}
          </Button>
          <Button variant="default" size="xs" onClick={clear} disabled={rows.length === 0}>
            Clear
          </Button>
        </>
      }
    >
      <div className={classes.bar}>
        <SegmentedControl
          aria-label="Which events"
          size="xs"
          data={[
            { value: "all", label: "All" },
            { value: "accepted", label: "Accepted" },
            { value: "refused", label: "Refused" },
          ]}
          value={filter.kind}
          onChange={(kind) => setFilter({ ...filter, kind: kind === "accepted" || kind === "refused" ? kind : "all" })}
        />
        <TextInput
          size="xs"
          w={220}
          aria-label="Find in these events"
          placeholder="Flag, metric, user or reason"
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
        />
      </div>
      {problem !== null && <p role="alert">{sentence(problem)}</p>}
      {fitting.length === 0 ? (
        <p className={classes.dim}>
          {rows.length === 0
            ? `Nothing has arrived in ${environment.name} since you came here. Events show up the moment your code sends them.`
            : "No event of these fits the filter."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <ul className={classes.tail} tabIndex={0} aria-label="Events, the newest first">
          {fitting.slice(0, DRAWN).map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </ul>
      )}
      {fitting.length > DRAWN && (
        <p className={classes.dim}>
          The newest {DRAWN} of {fitting.length} are shown.
        </p>
      )}
    </Card>
  );
}

const time = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const Row = memo(function Row({ row }: { readonly row: TailRow }) {
  const [opened, setOpened] = useState(false);
  return (
    <li>
      <button
        type="button"
        className={classes.row}
        data-kind={row.kind}
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        <span className={classes.dim}>{row.receivedAt === null ? "" : time.format(row.receivedAt)}</span>
        <span>{row.kind}</span>
        <strong className={classes.subject}>{row.subject.replaceAll("_", row.kind === "refused" ? " " : "_")}</strong>
        <span>{row.unit ?? ""}</span>
        <span>{row.detail}</span>
      </button>
      {opened && <pre className={classes.event}>{JSON.stringify(row.event, null, 2)}</pre>}
    </li>
  );
});

import { Button } from "@mantine/core";
import { useState } from "react";
import { announceProblem } from "@/components/announce";
import { Card } from "@/components/Card";
import { Time } from "@/components/Time";
import { count, day } from "@/lib/format";
import { impactSentence } from "../model";
import classes from "../pages/changes.module.css";
import type { ChangeRequest, MeasuredImpact } from "../queries";

interface Props {
  readonly change: ChangeRequest;
  /** Null where it is over. */
  readonly measure: (() => Promise<unknown>) | null;
}

/** Who would get something else, as measured over recent units. */
export function ImpactCard({ change, measure }: Props) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await measure?.();
    } catch (thrown) {
      announceProblem(thrown, "The impact could not be measured");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card
      title="Who is affected"
      actions={
        measure !== null && (
          <Button variant="default" size="xs" loading={busy} onClick={() => void run()}>
            {change.impacts.length === 0 ? "Measure the impact" : "Measure again"}
          </Button>
        )
      }
    >
      {change.impacts.length === 0 && <p className={classes.hint}>It has not been measured over recent units yet.</p>}
      {change.impacts.map((each) => (
        <Measured key={each.environment} measured={each} present={each.revision === change.revision} />
      ))}
    </Card>
  );
}

function Measured({ measured, present }: { readonly measured: MeasuredImpact; readonly present: boolean }) {
  const { impact } = measured;
  const moves = (impact?.flags ?? []).flatMap((flag) =>
    flag.moves.map((move) => ({ ...move, flag: flag.key, id: `${flag.key} ${move.before} ${move.after}` })),
  );
  return (
    <div>
      <p>
        <strong>{measured.environment}:</strong> {impactSentence(measured)}.
      </p>
      {moves.length > 0 && (
        <table className={classes.moves}>
          <thead>
            <tr>
              <th>Flag</th>
              <th>From</th>
              <th>To</th>
              <th>Units</th>
            </tr>
          </thead>
          <tbody>
            {moves.map((each) => (
              <tr key={each.id}>
                <td>{each.flag}</td>
                <td>{each.before ?? "nothing"}</td>
                <td>{each.after ?? "nothing"}</td>
                <td>{count(each.units)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(impact?.experiments ?? []).map((each) => (
        <p key={each.key}>
          Experiment <strong>{each.key}</strong>: {count(each.won)} units come in, {count(each.lost)} leave,{" "}
          {count(each.moved)} get another variation.
        </p>
      ))}
      <p className={classes.hint}>
        Measured <Time at={measured.measured_at} />
        {present ? "" : ", for the edits before the last ones"}
        {impact === null ? "" : `, over units seen since ${day(impact.since)}`}
      </p>
    </div>
  );
}

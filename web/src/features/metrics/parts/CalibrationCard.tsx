import { useState } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { EntityPicker } from "@/components/EntityPicker";
import { QueryView } from "@/components/QueryView";
import { count, rate } from "@/lib/format";
import { type Calibration, type Metric, useCalibration } from "../queries";
import styles from "./metrics.module.css";

/** An A/A test on one's own past: whether p-values of this metric can be taken as they are. */
export function CalibrationCard({ metric }: { metric: Metric }) {
  const { project, environment } = usePlace();
  const [flag, setFlag] = useState<string | null>(null);
  const calibration = useCalibration({
    project: project.key,
    environment: environment.key,
    metric: metric.key,
    flag: flag ?? "",
  });
  return (
    <Card
      title="Calibration"
      subtitle={`The users of a flag in ${environment.name}, halved at random 200 times: about a share alpha of these tests should find a difference, and no more.`}
    >
      <EntityPicker kind="flag" label="Users of the flag" value={flag} onChange={setFlag} />
      {flag !== null && (
        <QueryView query={calibration} part>
          {(found: Calibration) => <Found found={found} />}
        </QueryView>
      )}
    </Card>
  );
}

function Found({ found }: { found: Calibration }) {
  if (found.calibrated === null)
    return <p className={styles.text}>None of the splits could be tested: there are too few units.</p>;
  return (
    <>
      <p className={styles.text}>
        {found.calibrated ? <Badge tone="good">Calibrated</Badge> : <Badge tone="problem">Not calibrated</Badge>}{" "}
        {count(found.false_positives)} of {count(found.tested)} splits found a difference where there is none:{" "}
        {rate(found.false_positive_rate)}, against {rate(found.alpha)} ± {rate(found.tolerance)}.
      </p>
      {!found.calibrated && (
        <p className={styles.hint}>
          P-values of this metric can't be trusted as they are. A cap, or another unit, often helps.
        </p>
      )}
    </>
  );
}

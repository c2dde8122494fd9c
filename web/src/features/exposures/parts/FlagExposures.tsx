import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { ExposureCourse } from "@/charts/ExposureCourse";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { count, plural } from "@/lib/format";
import classes from "../exposures.module.css";
import { shareWords } from "../model";
import { type Exposures, exposuresQuery } from "../queries";
import { SampleRatio } from "./SampleRatio";

type Recent = Exposures["recent"][number];

const columns: readonly Column<Recent>[] = [
  { id: "user", header: "User", cell: (row) => row.user_key },
  { id: "variation", header: "Saw", width: "140px", cell: (row) => row.variation },
  {
    id: "for",
    header: "For",
    cell: (row) => (row.override ? <Badge tone="caution">an override</Badge> : (row.experiment ?? "–")),
  },
  { id: "version", header: "Config version", width: "130px", align: "right", cell: (row) => count(row.config_version) },
  { id: "at", header: "When", width: "140px", cell: (row) => <Time at={row.occurred_at} /> },
];

const HOUR = 3_600_000;

/** Counts, shares and the course of one flag's exposures. */
export function FlagExposures({ flag, days }: { readonly flag: string; readonly days: number }) {
  const { project, environment } = usePlace();
  // By the hour, so that the question stays the same for a while.
  const start = useMemo(() => new Date(Math.floor(Date.now() / HOUR) * HOUR - days * 24 * HOUR).toISOString(), [days]);
  const query = useQuery(exposuresQuery(project.key, environment.key, flag, start));
  if (flag === "")
    return <Empty title="Choose a flag" text="Its exposures of the last days are shown here, by variation." />;
  return (
    <QueryView query={query} part>
      {(told) =>
        told.exposures === 0 ? (
          <Empty
            title={`Nobody was exposed to ${flag} in ${plural(days, "day")}`}
            text="Exposures come from SDKs, and from edges where the flag's settings say that they report them."
          />
        ) : (
          <Told told={told} />
        )
      }
    </QueryView>
  );
}

function Told({ told }: { readonly told: Exposures }) {
  return (
    <>
      <div className={classes.figures}>
        {told.variations.map((each) => (
          <Card key={each.variation} title={each.variation}>
            <strong>{count(each.units)}</strong> users, {count(each.exposures)} exposures
            <div className={classes.dim}>{shareWords(each)}</div>
            <span className={classes.share} aria-hidden="true">
              <span style={{ width: `${(each.share ?? 0) * 100}%` }} />
              {each.expected_share !== null && <i style={{ left: `${each.expected_share * 100}%` }} />}
            </span>
          </Card>
        ))}
      </div>
      {told.expected_by !== null && <SampleRatio experiment={told.expected_by} />}
      <Card title="Over time">
        <ExposureCourse
          flag={told.flag}
          variations={told.variations.map(({ variation }, place) => ({ key: variation, label: variation, place }))}
          told={told}
        />
      </Card>
      <h2>The latest</h2>
      <DataTable
        label="The latest exposures"
        rows={told.recent}
        rowKey={(row) => row.event_id}
        columns={columns}
        empty={<p>None.</p>}
      />
    </>
  );
}

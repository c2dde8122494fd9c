import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Stat } from "@/components/Stat";
import { Time } from "@/components/Time";
import { ABSENT, count, duration } from "@/lib/format";
import { delayWords, propagationWords, STATES } from "../model";
import { Services } from "../parts/Services";
import { type Edge, edgesQuery, propagationQuery, publicationQuery } from "../queries";
import classes from "./fleet.module.css";

const columns: readonly Column<Edge>[] = [
  { id: "id", header: "Edge", cell: (row) => row.id },
  {
    id: "state",
    header: "State",
    width: "110px",
    cell: (row) => <Badge tone={STATES[row.state].tone}>{STATES[row.state].label}</Badge>,
  },
  { id: "region", header: "Region", width: "12%", cell: (row) => row.region || ABSENT },
  { id: "version", header: "Serves", width: "80px", align: "right", cell: (row) => count(row.version) },
  { id: "delay", header: "Delay", width: "12%", cell: (row) => delayWords(row) },
  { id: "taken", header: "Since", width: "130px", cell: (row) => <Time at={row.taken_at} /> },
  { id: "heard", header: "Heard", width: "130px", cell: (row) => <Time at={row.heard_at} /> },
  { id: "software", header: "Software", width: "100px", cell: (row) => row.software_version },
];

/** The proof that a change arrived: which edge serves which version, and how long the last one took. */
export default function FleetPage() {
  const { project, environment } = usePlace();
  const edges = useQuery(edgesQuery(project.key, environment.key));
  const publication = useQuery(publicationQuery(project.key, environment.key));
  const version = publication.data?.version ?? 0;
  const propagation = useQuery(propagationQuery(project.key, environment.key, version));
  const live = edges.data?.filter((each) => each.state === "live").length;
  return (
    <>
      <PageHeader
        title="Edges"
        subtitle={`What serves ${environment.name}, as each edge says itself every two seconds.`}
      />
      {publication.data?.blocked != null && (
        <Alert color="red" variant="light" mb="md" title={`${environment.name} is not published`}>
          More is known of it elsewhere than in the database ({publication.data.blocked.reason.replaceAll("_", " ")}),
          since <Time at={publication.data.blocked.since} />. An operator decides with{" "}
          <code>control_plane recover</code>.
        </Alert>
      )}
      <div className={classes.figures}>
        <Stat
          label="Config version"
          value={count(publication.data?.version)}
          hint={
            publication.data ? (
              <Published
                at={publication.data.published_at}
                version={publication.data.published_version}
                latest={publication.data.version}
              />
            ) : (
              ABSENT
            )
          }
        />
        <Stat
          label="Edges live"
          value={live === undefined || edges.data === undefined ? ABSENT : `${live} of ${edges.data.length}`}
          {...(live !== undefined && edges.data !== undefined && live < edges.data.length
            ? { tone: "caution" as const }
            : {})}
        />
        <Stat
          label="Last change was everywhere after"
          value={duration(propagation.data?.milliseconds)}
          hint={propagation.data ? propagationWords(propagation.data) : "Not heard by this control plane"}
        />
      </div>
      <QueryView query={edges}>
        {(rows) => (
          <DataTable
            label={`Edges of ${environment.name}`}
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            empty={
              <Empty
                title={`No edge serves ${environment.name}`}
                text="Start one with an SDK key of this environment; it appears here within two seconds."
              />
            }
          />
        )}
      </QueryView>
      <div className={classes.services}>
        <Services />
      </div>
    </>
  );
}

function Published({
  at,
  version,
  latest,
}: {
  readonly at: string | null;
  readonly version: number;
  readonly latest: number;
}) {
  if (version < latest) return <>Version {version} is published, the next one is on its way</>;
  return (
    <>
      Published <Time at={at} />
    </>
  );
}

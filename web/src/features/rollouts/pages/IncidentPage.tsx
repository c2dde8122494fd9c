import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge, type Tone } from "@/components/Badge";
import { Card } from "@/components/Card";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { Time } from "@/components/Time";
import { ABSENT, absoluteTime, count, percent } from "@/lib/format";
import { pagePath, useParams } from "@/lib/url";
import { DONE, FINDINGS, figureWords, GUARD_ACTIONS, guardsOf, sizeWords } from "../model";
import { Figures } from "../parts/Findings";
import classes from "../parts/rollouts.module.css";
import { type IncidentDetail, incidentQuery, rolloutQuery, useWatched } from "../queries";

const TOLD: Readonly<Record<IncidentDetail["told"][number]["state"], { readonly label: string; readonly tone: Tone }>> =
  {
    waiting: { label: "On its way", tone: "neutral" },
    delivered: { label: "Delivered", tone: "good" },
    failed: { label: "Failed", tone: "problem" },
  };

export default function IncidentPage() {
  const { all } = useParams();
  const { project, environment } = usePlace();
  const query = useQuery(incidentQuery(project.key, environment.key, all.incident ?? ""));
  return <QueryView query={query}>{(incident) => <Body incident={incident} />}</QueryView>;
}

/** What was seen, when, with which statistics, what was done, and who was told. */
function Body({ incident }: { readonly incident: IncidentDetail }) {
  const { project, environment } = usePlace();
  const { finding } = incident;
  const rollout = useQuery(rolloutQuery(project.key, environment.key, incident.rollout)).data;
  const guard = guardsOf(rollout?.guards).find((each) => each.id === incident.guard);
  const watched = useWatched(project.key, guard === undefined ? [] : [guard]).get(guard?.metric ?? "");
  const isRate = watched?.isRate === true;
  const { mean } = figureWords(isRate);
  const open = incident.recovered_at === null;
  return (
    <>
      <PageHeader
        back={{ label: `Rollout ${incident.rollout}`, to: pagePath(project.key, "rollouts", incident.rollout) }}
        title={`Incident: ${watched?.name ?? incident.guard}`}
        subtitle={
          <>
            <Badge tone={open ? "problem" : "neutral"}>{open ? "Open" : "Well again"}</Badge> {DONE[incident.done]} at{" "}
            {percent(incident.share)} of {incident.flag} in {incident.environment}, <Time at={incident.opened_at} />
          </>
        }
      />
      <div className={classes.two}>
        <div className={classes.stack}>
          <Card
            title="What was seen"
            actions={<Badge tone={FINDINGS[finding.state].tone}>{FINDINGS[finding.state].label}</Badge>}
          >
            <p>
              <Sentence text={finding.sentence} />
            </p>
            {finding.new.units + finding.rest.units > 0 && <Figures finding={finding} rate={isRate} />}
          </Card>
          {finding.strata.length > 0 && (
            <Card
              title="Step by step"
              subtitle="Units are compared within the step in which they were first seen; the steps are combined by their information."
            >
              <Sideways label="Figures by step">
                <table className={classes.figures}>
                  <thead>
                    <tr>
                      <th scope="col">Step</th>
                      <th scope="col">New: units, mean</th>
                      <th scope="col">Rest: units, mean</th>
                      <th scope="col">Difference</th>
                      <th scope="col">Weight</th>
                    </tr>
                  </thead>
                  <tbody>
                    {finding.strata.map((each) => (
                      <tr key={each.stage}>
                        <td>{each.stage + 1}</td>
                        <td>
                          {count(each.new.units)}, {mean(each.new.mean)}
                        </td>
                        <td>
                          {count(each.rest.units)}, {mean(each.rest.mean)}
                        </td>
                        <td>{each.estimate === null ? ABSENT : sizeWords(each.estimate, isRate)}</td>
                        <td>{percent(each.weight * 100)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Sideways>
            </Card>
          )}
        </div>
        <div className={`${classes.stack} ${classes.about}`}>
          <Card title="What was done">
            <KeyValue
              items={[
                { label: "Asked for", value: GUARD_ACTIONS[incident.action] },
                { label: "Done", value: DONE[incident.done] },
                { label: "Opened", value: absoluteTime(incident.opened_at) },
                { label: "Looked at", value: absoluteTime(incident.looked_at) },
                { label: "Data until", value: absoluteTime(finding.data_until) },
                {
                  label: "Well again",
                  value: incident.recovered_at === null ? "not yet" : absoluteTime(incident.recovered_at),
                },
                {
                  label: "Rollout",
                  value: (
                    <PageLink to={pagePath(project.key, "rollouts", incident.rollout)}>{incident.rollout}</PageLink>
                  ),
                },
                { label: "Found by", value: `${incident.monitor}, term ${incident.epoch}` },
              ]}
            />
          </Card>
          <Card title="Who was told">
            {incident.told.length === 0 ? (
              <p className={classes.hint}>
                No webhook listens to <code>incident.opened</code>.{" "}
                <PageLink to={pagePath(project.key, "webhooks")}>Add one</PageLink> to be told next time.
              </p>
            ) : (
              incident.told.map((each) => (
                <div key={each.webhook} className={classes.entry}>
                  <div className={classes.entryHead}>
                    <PageLink to={pagePath(project.key, "webhooks", each.webhook)}>{each.url}</PageLink>
                    <Badge tone={TOLD[each.state].tone}>{TOLD[each.state].label}</Badge>
                    <Time at={each.at} />
                  </div>
                </div>
              ))
            )}
          </Card>
        </div>
      </div>
    </>
  );
}

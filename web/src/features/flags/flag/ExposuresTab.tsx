import { SegmentedControl, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { QueryView } from "@/components/QueryView";
import { Sideways } from "@/components/Sideways";
import { Swatch } from "@/components/Swatch";
import { Time } from "@/components/Time";
import { count, rate } from "@/lib/format";
import { patiently } from "@/lib/patiently";
import { inColourOrder, type Serve, serveOf, sharesOf } from "@/lib/rules";
import { useSearchState } from "@/lib/url";
import classes from "./flag.module.css";
import { type Exposures, exposuresQuery, type Flag, settingsQuery } from "./queries";

const ExposureCourse = lazy(() =>
  patiently(() => import("@/charts/ExposureCourse").then((module) => ({ default: module.ExposureCourse }))),
);

const SPANS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
const search = z.object({ span: z.enum(["hour", "day", "week", "month"]).default("day") });

/** Who was served what: counts and shares, beside what the default would give where no rule decides. */
export function ExposuresTab({ flag }: { readonly flag: Flag }) {
  const { project, environment } = usePlace();
  const [{ span }, setSearch] = useSearchState(search);
  // To the minute, so that the address of the request stays while the page is looked at.
  const start = useMemo(() => new Date(Math.floor((Date.now() - SPANS[span]) / 60_000) * 60_000).toISOString(), [span]);
  const query = useQuery(exposuresQuery(project.key, environment.key, flag.key, start));
  const settings = useQuery(settingsQuery({ project: project.key, key: flag.key, environment: environment.key })).data;
  const expected = settings === undefined || settings.rules.length > 0 ? null : serveOf(settings.default);
  return (
    <div className={classes.main}>
      <SegmentedControl
        size="xs"
        w="max-content"
        aria-label="Time span"
        data={[
          { value: "hour", label: "Last hour" },
          { value: "day", label: "24 hours" },
          { value: "week", label: "7 days" },
          { value: "month", label: "30 days" },
        ]}
        value={span}
        onChange={(chosen) => setSearch({ span: search.shape.span.catch("day").parse(chosen) })}
      />
      <QueryView query={query} part>
        {(exposures) =>
          exposures.exposures === 0 ? (
            <Empty
              title={`No exposure in ${environment.name} in this time`}
              text={
                settings?.report_exposures === false
                  ? "Edges report none of this flag: switch it on under Rules, Exposures. SDKs report those of experiments by themselves."
                  : "Exposures come when a unit is evaluated."
              }
            />
          ) : (
            <Told flag={flag} exposures={exposures} expected={expected} />
          )
        }
      </QueryView>
    </div>
  );
}

interface ToldProps {
  readonly flag: Flag;
  readonly exposures: Exposures;
  readonly expected: Serve | null;
}

function Told({ flag, exposures, expected }: ToldProps) {
  const places = inColourOrder(flag.variations, flag.off_variation).map((each) => each.key);
  const place = (key: string) => places.indexOf(key);
  const name = (key: string) => flag.variations.find((each) => each.key === key)?.name || key;
  const wanted = expected === null ? null : sharesOf(expected);
  return (
    <>
      <Card title="By variation">
        <Sideways label="Exposures by variation">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Variation</th>
                <th scope="col" className={classes.number}>
                  Units
                </th>
                <th scope="col" className={classes.number}>
                  Share of units
                </th>
                {wanted !== null && (
                  <th scope="col" className={classes.number}>
                    Expected
                  </th>
                )}
                <th scope="col" className={classes.number}>
                  Exposures
                </th>
              </tr>
            </thead>
            <tbody>
              {exposures.variations.map((each) => (
                <tr key={each.variation}>
                  <th scope="row">
                    <Swatch index={place(each.variation)} /> {name(each.variation)}
                  </th>
                  <td className={classes.number}>{count(each.units)}</td>
                  <td className={classes.number}>{rate(each.share)}</td>
                  {wanted !== null && (
                    <td className={classes.number}>
                      {rate((wanted.find((share) => share.key === each.variation)?.weight ?? 0) / 100)}
                    </td>
                  )}
                  <td className={classes.number}>{count(each.exposures)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
        {wanted === null && (
          <Text c="dimmed" size="xs" mt="xs">
            With rules there is no one expected share: it depends on who comes.
          </Text>
        )}
      </Card>
      <Card title="Over time">
        <Suspense fallback={<Skeleton h={200} />}>
          <ExposureCourse
            flag={flag.key}
            variations={exposures.variations
              .map(({ variation }) => ({ key: variation, label: name(variation), place: place(variation) }))
              .toSorted((one, other) => one.place - other.place)}
            told={exposures}
          />
        </Suspense>
      </Card>
      <Card title="Last exposures">
        <Sideways label="Exposures one by one">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Unit</th>
                <th scope="col">Variation</th>
                <th scope="col">Experiment</th>
                <th scope="col">Context</th>
              </tr>
            </thead>
            <tbody>
              {exposures.recent.map((each) => (
                <tr key={each.event_id}>
                  <td>
                    <Time at={each.occurred_at} />
                  </td>
                  <td>
                    <code>{each.unit_key ?? each.user_key}</code>
                  </td>
                  <td>
                    <Swatch index={place(each.variation)} /> {name(each.variation)}
                    {each.override && " (override)"}
                  </td>
                  <td>{each.experiment ?? "–"}</td>
                  <td>
                    <code>{Object.keys(each.context).length === 0 ? "–" : JSON.stringify(each.context)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      </Card>
    </>
  );
}

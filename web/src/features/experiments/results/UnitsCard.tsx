import { Counts } from "@/charts/Counts";
import { variationColour } from "@/charts/palette";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { count, plural, rate, shortDayInUtc } from "@/lib/format";
import { placesOf } from "./model";
import { type Asked, type Result, useKeyNames } from "./queries";
import styles from "./results.module.css";
import { Sources } from "./Sources";
import { beyond, withNames } from "./sources";

/** Who is analysed, in which shares against the expected ones, and when they came. */
export function UnitsCard({ asked, result }: { asked: Asked; result: Result }) {
  const { units, sample_ratio: ratio, plan, exposures_per_day: days } = result;
  const places = placesOf(result);
  const planned = plan.planned_units;
  return (
    <Card
      title="Units and shares"
      subtitle={`${plural(units.total, "unit")}${planned === null ? "" : ` of ${count(planned)} planned`}`}
      actions={<Ratio ratio={ratio} />}
    >
      <Sideways label="Units and shares by variation">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Variation</th>
              <th scope="col">Units</th>
              <th scope="col">Share</th>
              <th scope="col">Expected</th>
            </tr>
          </thead>
          <tbody>
            {ratio.variations.map((each) => (
              <tr key={each.variation}>
                <th scope="row">
                  <Swatch place={places.get(each.variation) ?? 0} /> {each.variation}
                  {each.variation === result.experiment.control && <span className={styles.hint}> control</span>}
                </th>
                <td>{count(each.units)}</td>
                <td>{rate(each.share)}</td>
                <td>{rate(each.expected_share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
      {ratio.mismatch === true && <Mismatch asked={asked} result={result} />}
      {units.in_several_variations > 0 && (
        <p className={styles.hint}>
          {plural(units.in_several_variations, "unit")} saw several variations and are left out.
        </p>
      )}
      {units.overridden > 0 && (
        <p className={styles.hint}>
          An override served {plural(units.overridden, "user")}; these exposures are left out.
        </p>
      )}
      {days.length > 0 && (
        <div className={styles.arrivals}>
          <Counts
            label={`New units per day, ${plural(units.total, "unit")} in ${plural(days.length, "day")}`}
            times={days.map((each) => shortDayInUtc(each.date))}
            timeName="Day (UTC)"
            series={[...places].map(([variation, place]) => ({
              key: variation,
              label: variation,
              place,
              values: days.map((each) => each.variations.find((one) => one.variation === variation)?.units ?? 0),
            }))}
            format={count}
            height={180}
          />
        </div>
      )}
    </Card>
  );
}

/** Health has said that there is one; here stands where it comes from. */
function Mismatch({ asked, result }: { asked: Asked; result: Result }) {
  const { sample_ratio: ratio, health } = result;
  const byKey = ratio.sources.some((each) => each.by === "$sdk_key");
  const names = useKeyNames(asked, byKey);
  const cause = beyond(
    ratio.summary,
    health.map((each) => each.finding),
  );
  return (
    <>
      {cause !== "" && (
        <p className={styles.reason}>
          <Sentence text={withNames(cause, names)} />
        </p>
      )}
      <Sources ratio={ratio} names={names} />
    </>
  );
}

/** One answer for all tabs: the sequential one, which holds however often one looks. */
function Ratio({ ratio }: { ratio: Result["sample_ratio"] }) {
  if (ratio.mismatch === null) return <Badge title={ratio.summary}>Shares not checked yet</Badge>;
  return ratio.mismatch ? (
    <Badge tone="problem" title={ratio.summary}>
      Shares don't fit
    </Badge>
  ) : (
    <Badge tone="good" title={ratio.summary}>
      Shares as expected
    </Badge>
  );
}

export function Swatch({ place }: { place: number }) {
  return <span className={styles.swatch} style={{ background: variationColour(place) }} aria-hidden="true" />;
}

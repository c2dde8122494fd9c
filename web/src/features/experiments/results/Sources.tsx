import { Sideways } from "@/components/Sideways";
import { count, dayInUtc, rate } from "@/lib/format";
import type { SampleRatio } from "./queries";
import styles from "./results.module.css";
import { shownSlices } from "./sources";

const DIMENSIONS: Record<string, string> = {
  $day: "Day (UTC)",
  $sdk_key: "SDK key",
  $config_version: "Config version",
};

/** With more variations columns are as wide as what they hold. */
const EVEN_MAX = 4;

/** Where a mismatch comes from: the slices with most of the deviation, by each dimension. */
export function Sources({ ratio, names }: { ratio: SampleRatio; names: ReadonlyMap<string, string> }) {
  const sources = ratio.sources.filter((each) => each.slices.length > 0);
  if (sources.length === 0) return null;
  const table = ratio.variations.length <= EVEN_MAX ? `${styles.table} ${styles.even}` : styles.table;
  return (
    <>
      <h3 className={styles.small}>Where it comes from</h3>
      {sources.map((source) => (
        <Sideways key={source.by} label="Sources of units">
          <table className={table}>
            <thead>
              <tr>
                <th scope="col">{DIMENSIONS[source.by] ?? source.by}</th>
                <th scope="col">Units</th>
                {ratio.variations.map((each) => (
                  <th key={each.variation} scope="col">
                    {each.variation}
                  </th>
                ))}
                <th scope="col">Part of the deviation</th>
              </tr>
            </thead>
            <tbody>
              {shownSlices(source.by, source.slices).map((slice) => (
                <tr key={String(slice.segment)}>
                  <th scope="row">{sliceName(slice.segment, source.by, names)}</th>
                  <td>{count(slice.units)}</td>
                  {ratio.variations.map((each) => (
                    <td key={each.variation}>
                      {rate(slice.variations.find((one) => one.variation === each.variation)?.share)}
                    </td>
                  ))}
                  <td>{rate(slice.contribution)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      ))}
    </>
  );
}

function sliceName(segment: string | null, by: string, names: ReadonlyMap<string, string>): string {
  if (segment === null) return "without it";
  if (by === "$day") return dayInUtc(segment);
  return by === "$sdk_key" ? (names.get(segment) ?? segment) : segment;
}

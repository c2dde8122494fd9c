import { Sideways } from "@/components/Sideways";
import { count, rate } from "@/lib/format";
import type { SampleRatio } from "./queries";
import styles from "./results.module.css";

const DIMENSIONS: Record<string, string> = {
  $day: "Day (UTC)",
  $sdk_key: "SDK key",
  $config_version: "Config version",
};

const SHOWN = 5;

/** Where a mismatch comes from: the slices with most of the deviation, by each dimension. */
export function Sources({ ratio }: { ratio: SampleRatio }) {
  const sources = ratio.sources.filter((each) => each.slices.length > 0);
  if (sources.length === 0) return null;
  return (
    <>
      <h3 className={styles.small}>Where it comes from</h3>
      {sources.map((source) => (
        <Sideways key={source.by} label="Sources of units">
          <table className={styles.table}>
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
              {source.slices.slice(0, SHOWN).map((slice) => (
                <tr key={String(slice.segment)}>
                  <th scope="row">{slice.segment ?? "without it"}</th>
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

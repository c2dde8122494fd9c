import { Alert, Loader, Text } from "@mantine/core";
import { asProblem, sentence } from "@/api/problem";
import { count, percent, plural } from "@/lib/format";
import type { Preview } from "./queries";
import classes from "./reviewing.module.css";

interface Props {
  readonly preview: Preview | undefined;
  readonly error: unknown;
  readonly waiting: boolean;
  readonly environment: string;
}

/** Who is affected in one environment. Where that isn't known, nothing waits for it. */
export function Impact({ preview, error, waiting, environment }: Props) {
  return (
    <section className={classes.impact} aria-label={`Who is affected in ${environment}`} aria-busy={waiting}>
      <div className={classes.head}>
        <strong>Who is affected in {environment}</strong>
        {waiting && <Loader size={14} aria-label="Counting" />}
      </div>
      <div role="status">
        {error !== null && <Text c="dimmed">Not known: {sentence(asProblem(error))}</Text>}
        {error === null && preview === undefined && <Text c="dimmed">Counting over the units of the last days…</Text>}
        {error === null && preview !== undefined && <Told preview={preview} />}
      </div>
    </section>
  );
}

function Told({ preview }: { readonly preview: Preview }) {
  const { impact } = preview;
  return (
    <>
      <Text>{headline(preview)}</Text>
      {impact !== null && <Figures impact={impact} />}
      {preview.problems.map((each) => (
        <Alert key={each.entity + each.key} color="yellow" variant="light" mt="xs">
          {each.entity} {each.key} could not be published: {each.reason}
        </Alert>
      ))}
      {preview.client_news
        .filter((each) => each.newly_visible)
        .map((each) => (
          <Alert key={each.entity + each.key} color="yellow" variant="light" mt="xs">
            Client keys would see {each.key} for the first time.
          </Alert>
        ))}
    </>
  );
}

function headline({ status, impact, unavailable }: Preview): string {
  if (status === "unchanged") return "What is served stays as it is.";
  if (impact === null)
    return `Not known: ${unavailable?.detail ?? "analytics did not answer"}. The change can be made all the same.`;
  if (impact.units === 0) return "No unit was exposed in the last days, so nobody is known to be affected.";
  const share = impact.changed_share;
  if (share === null) return `${count(impact.changed)} of ${count(impact.units)} recent units get something else.`;
  return `${percent(share.percent)} (${percent(share.lower)} to ${percent(share.upper)}) of ${count(impact.units)} recent units get something else.`;
}

function Figures({ impact }: { readonly impact: NonNullable<Preview["impact"]> }) {
  const moves = impact.flags.flatMap((flag) =>
    flag.moves.filter((move) => move.before !== move.after).map((move) => ({ flag: flag.key, ...move })),
  );
  const missing = [...new Set(impact.flags.flatMap((flag) => flag.missing_attributes))];
  return (
    <ul className={classes.figures}>
      {moves.map((move) => (
        <li key={`${move.flag} ${move.before} ${move.after}`}>
          {plural(move.units, "unit")}: {move.before ?? "nothing"} → {move.after ?? "nothing"} of {move.flag}
        </li>
      ))}
      {impact.segments
        .filter((each) => each.entered > 0 || each.left > 0)
        .map((each) => (
          <li key={each.key}>
            Segment {each.key}: {count(each.entered)} come in, {count(each.left)} leave, {count(each.after)} are in it
            then
          </li>
        ))}
      {impact.experiments.map((each) => (
        <li key={each.key}>
          Experiment {each.key}: wins {count(each.won)}, loses {count(each.lost)}, {count(each.moved)} change variation
        </li>
      ))}
      {impact.unknown > 0 && (
        <li className={classes.dim}>
          Of {plural(impact.unknown, "unit")} it can't be told
          {missing.length > 0 && `: exposures carry no ${missing.join(", ")}`}
        </li>
      )}
    </ul>
  );
}

import { Alert, Loader, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem, sentence } from "@/api/problem";
import { count, percent, plural } from "@/lib/format";
import { Icon } from "../Icon";
import type { Preview } from "./queries";
import classes from "./reviewing.module.css";

interface Props {
  readonly preview: Preview | undefined;
  readonly error: unknown;
  readonly waiting: boolean;
  /** Named where what is changed is that of all environments. */
  readonly environment?: string;
}

/** Who is affected, told before anything is saved. Where that isn't known, nothing waits for it. */
export function Impact({ preview, error, waiting, environment }: Props) {
  const title = environment === undefined ? "Who is affected" : `Who is affected in ${environment}`;
  return (
    <section className={classes.impact} aria-label={title} aria-busy={waiting}>
      <div className={classes.head}>
        <strong>{title}</strong>
        {waiting && <Loader size={14} aria-label="Counting" />}
      </div>
      <div role="status">
        {error !== null && (
          <Text c="dimmed">Not known: {sentence(asProblem(error))} The change can be saved all the same.</Text>
        )}
        {error === null && preview === undefined && <Text c="dimmed">Counting over the units of the last days…</Text>}
        {error === null && preview !== undefined && <Told preview={preview} />}
      </div>
    </section>
  );
}

function Told({ preview }: { readonly preview: Preview }) {
  return (
    <>
      <Headline preview={preview} />
      {preview.impact !== null && <Figures impact={preview.impact} />}
      {preview.disturbed_experiments.length > 0 && (
        <Note>
          Running experiments get another population: <strong>{preview.disturbed_experiments.join(", ")}</strong>. You
          choose what becomes of them when you save.
        </Note>
      )}
      {preview.problems.map((each) => (
        <Note key={each.entity + each.key}>
          {each.entity} {each.key} could not be published: {each.reason}
        </Note>
      ))}
      {preview.client_news.map((each) => (
        <Note key={each.entity + each.key}>
          {each.newly_visible
            ? `Client keys would see ${each.key} for the first time.`
            : `Client keys would see new values of ${each.key}: ${each.variations.join(", ")}.`}
        </Note>
      ))}
    </>
  );
}

function Headline({ preview }: { readonly preview: Preview }) {
  const { impact, status } = preview;
  if (status === "unchanged") return <Text>What is served stays as it is.</Text>;
  if (impact === null) {
    return (
      <Text c="dimmed">
        Not known: {preview.unavailable?.detail ?? "analytics did not answer"}. The change can be saved all the same.
      </Text>
    );
  }
  if (impact.units === 0) return <Text>No unit was exposed in the last days, so nobody is known to be affected.</Text>;
  const known = impact.units - impact.unknown;
  const missing = missingIn(impact);
  if (known === 0) {
    return (
      <Text>
        Not known for any of {plural(impact.units, "recent unit")}
        {missing}.
      </Text>
    );
  }
  const share = impact.changed_share;
  const among = share === null ? "" : `${percent(share.percent)} (${percent(share.lower)} to ${percent(share.upper)})`;
  return (
    <Text>
      <strong className={classes.figure}>{among === "" ? count(impact.changed) : among}</strong> of{" "}
      {plural(known, "recent unit")} get something else.
      {impact.unknown > 0 && ` Of ${count(impact.unknown)} more it can't be told${missing}.`}
    </Text>
  );
}

function missingIn({ flags }: NonNullable<Preview["impact"]>): string {
  const missing = [...new Set(flags.flatMap((flag) => flag.missing_attributes))];
  return missing.length === 0 ? "" : `: exposures carry no ${missing.join(", ")}`;
}

function Figures({ impact }: { readonly impact: NonNullable<Preview["impact"]> }) {
  const moves = impact.flags.flatMap((flag) =>
    flag.moves.filter((move) => move.before !== move.after).map((move) => ({ flag: flag.key, ...move })),
  );
  return (
    <ul className={classes.figures}>
      {moves.map((move) => (
        <li key={`${move.flag} ${move.before} ${move.after}`}>
          {plural(move.units, "unit")}: {move.before ?? "nothing"} → {move.after ?? "nothing"}
          {impact.flags.length > 1 && <span className={classes.dim}> ({move.flag})</span>}
        </li>
      ))}
      {impact.segments
        .filter((each) => each.changed > 0 || each.entered > 0 || each.left > 0)
        .map((each) => (
          <li key={`segment ${each.key}`}>
            Segment {each.key}: {count(each.changed)} of {count(each.after)} in it get something else
            {(each.entered > 0 || each.left > 0) && `, ${count(each.entered)} come in, ${count(each.left)} leave`}
          </li>
        ))}
      {impact.experiments.map((each) => (
        <li key={`experiment ${each.key}`}>
          Experiment {each.key}: wins {count(each.won)}, loses {count(each.lost)}, {count(each.moved)} change variation
        </li>
      ))}
      {(impact.examples ?? []).map((each) => (
        <li key={`example ${each.flag} ${each.unit}`} className={classes.dim}>
          For example <code>{each.unit}</code>: {each.before ?? "nothing"} → {each.after ?? "nothing"}
        </li>
      ))}
    </ul>
  );
}

function Note({ children }: { readonly children: ReactNode }) {
  return (
    <Alert color="yellow" variant="light" mt="xs" icon={<Icon name="warning" />}>
      {children}
    </Alert>
  );
}

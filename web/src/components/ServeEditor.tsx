import { Autocomplete, NativeSelect, Text } from "@mantine/core";
import {
  bucketBy,
  completed,
  moversInWords,
  moversOf,
  type SeenAttribute,
  type Serve,
  sharesOf,
  TARGETING_KEY,
} from "@/lib/rules";
import { errorAt, type FieldError } from "./condition/context";
import classes from "./ServeEditor.module.css";
import { ShareBar } from "./ShareBar";

export interface VariationLabel {
  readonly key: string;
  readonly name?: string | undefined;
}

interface Props {
  serve: Serve;
  onChange: (serve: Serve) => void;
  variations: readonly VariationLabel[];
  /** What is served now, if it was served before: tells who moves. */
  from?: Serve | undefined;
  attributes?: readonly SeenAttribute[] | undefined;
  errors?: readonly FieldError[] | undefined;
  /** Where errors name it: `rules[0].then`. */
  path: string;
  label: string;
}

const SPLIT = "\u0000split";

/** One variation for everybody, or shares of several. */
export function ServeEditor({ serve, onChange, variations, from, attributes = [], errors = [], path, label }: Props) {
  const labels = labelsOf(variations);
  const keys = variations.map((each) => each.key);
  const split = "rollout" in serve;
  const put = (rollout: { variations: readonly { key: string; weight: number }[]; bucket_by?: string }) =>
    onChange({ rollout: { ...rollout, variations: [...rollout.variations] } });
  const choose = (chosen: string) => {
    if (chosen !== SPLIT) onChange({ variation: chosen });
    else put({ variations: completed(sharesOf(serve), keys) });
  };
  const by = split ? serve.rollout.bucket_by : undefined;
  const draw = (name: string) => {
    if (!split) return;
    const { variations: shares } = serve.rollout;
    put(name === "" || name === TARGETING_KEY ? { variations: shares } : { variations: shares, bucket_by: name });
  };
  return (
    <div className={classes.serve}>
      <div className={classes.choice}>
        <NativeSelect
          size="xs"
          label={label}
          data-path={split ? path : `${path}.variation`}
          data={[
            { group: "One variation", items: keys.map((key) => ({ value: key, label: labels[key] ?? key })) },
            { group: "Several", items: [{ value: SPLIT, label: "Split by percentage" }] },
          ]}
          value={split ? SPLIT : serve.variation}
          onChange={(event) => choose(event.currentTarget.value)}
          error={errorAt(errors, path) ?? errorAt(errors, `${path}.variation`)}
        />
        {split && (
          <Autocomplete
            size="xs"
            label="By"
            placeholder="targeting key"
            data-path={`${path}.rollout.bucket_by`}
            data={attributes.map((each) => each.name).filter((name) => name !== TARGETING_KEY)}
            limit={30}
            value={by ?? ""}
            onChange={draw}
            error={errorAt(errors, `${path}.rollout.bucket_by`)}
          />
        )}
      </div>
      {split && (
        <ShareBar
          shares={completed(serve.rollout.variations, keys)}
          onChange={(shares) => put({ ...serve.rollout, variations: shares })}
          labels={labels}
          path={`${path}.rollout.variations`}
          error={errorAt(errors, `${path}.rollout.variations`)}
        />
      )}
      {from !== undefined && <Movement from={from} to={serve} labels={labels} />}
      {bucketBy(serve) !== null && (
        <Text size="xs" c="dimmed">
          All units with the same {bucketBy(serve)} get the same variation; who has none is passed over.
        </Text>
      )}
    </div>
  );
}

export const labelsOf = (variations: readonly VariationLabel[]): Record<string, string> =>
  Object.fromEntries(variations.map((each) => [each.key, each.name || each.key]));

function Movement({ from, to, labels }: { from: Serve; to: Serve; labels: Readonly<Record<string, string>> }) {
  const found = moversOf(from, to);
  if (found.moved === 0 && !found.redrawn) return null;
  return (
    <Text role="status" fw={600}>
      {moversInWords(found, (key) => labels[key] ?? key)}
    </Text>
  );
}

import { type BucketRange, Ranges } from "@/charts/Ranges";
import { QueryView } from "@/components/QueryView";
import type { LayerSlots } from "../queries";
import styles from "./designer.module.css";
import { useSlots } from "./queries";

interface Props {
  project: string;
  environment: string;
  layer: string;
  /** What is asked for, where something is; it is drawn where it would go. */
  share?: number | undefined;
  self?: string | undefined;
}

/** A layer as a ruler of buckets: who has what, what is free, and where this one would go. */
export function LayerRuler({ project, environment, layer, share, self }: Props) {
  const slots = useSlots(project, layer, environment);
  return (
    <QueryView query={slots} part>
      {(data: LayerSlots) => {
        const owns = data.owners.some((each) => each.experiment === self);
        const wanted = share === undefined || owns ? undefined : Math.round(share * 100);
        const ranges = rangesOf(data, wanted);
        const fits = wanted === undefined || ranges.some((each) => each.key === "wanted");
        return (
          <div>
            <Ranges
              label={`Layer ${layer} in ${environment}: ${data.owners.length === 0 ? "nobody has a part" : data.owners.map((each) => `${each.experiment} ${each.slot.share}%`).join(", ")}`}
              ranges={ranges}
              buckets={data.buckets}
            />
            {!fits && (
              <p className={styles.hint}>No free range is that large: a start would be refused until one ends.</p>
            )}
            {data.holdouts.map((each) => (
              <p key={each.holdout} className={styles.hint}>
                Holdout {each.name} keeps {each.share}% out, across all slots.
              </p>
            ))}
          </div>
        );
      }}
    </QueryView>
  );
}

/** Owners and free ranges in the order of their buckets; what is wanted takes the first free part that is large enough. */
export function rangesOf(slots: LayerSlots, wanted: number | undefined): BucketRange[] {
  const owners = slots.owners.map((each, at) => ({
    key: each.experiment,
    label: each.experiment,
    start: each.slot.start,
    end: each.slot.end,
    place: at + 1,
  }));
  const place = slots.free.find((each) => wanted !== undefined && each.end - each.start >= wanted);
  const free = slots.free.flatMap((each): BucketRange[] => {
    const whole = { key: `free ${each.start}`, label: "free", start: each.start, end: each.end, place: null };
    if (each !== place || wanted === undefined) return [whole];
    const mine = { key: "wanted", label: "this one", start: each.start, end: each.start + wanted, place: 0 };
    return mine.end < each.end ? [mine, { ...whole, start: mine.end }] : [mine];
  });
  return [...owners, ...free].toSorted((a, b) => a.start - b.start);
}

import { Anchor, NumberInput, Text } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import {
  BUCKETS,
  bordersOf,
  evenly,
  movers,
  moversInWords,
  percentText,
  rangesOf,
  type Share,
  toWeight,
  withBorder,
  withShare,
} from "@/lib/rules";
import classes from "./ShareBar.module.css";
import { Swatch, variationColor, wearsMarks } from "./Swatch";

interface Props {
  shares: readonly Share[];
  /** Without it the bar only shows. */
  onChange?: ((shares: Share[]) => void) | undefined;
  /** What is served now: beside the bar stands who moves. */
  from?: readonly Share[] | undefined;
  /** Names by key, in the order that gives variations their colours. */
  labels?: Readonly<Record<string, string>> | undefined;
  error?: string | null | undefined;
  /** Where errors name the shares, for the focus. */
  path?: string | undefined;
}

const STEP = 100;

/** Shares as handles and numbers that always add up to 100. */
export function ShareBar({ shares, onChange, from, labels, error, path }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  const borders = bordersOf(shares);
  const order = Object.keys(labels ?? {});
  const label = (key: string): string => labels?.[key] || key;
  const colorOf = (key: string, index: number): number => (order.includes(key) ? order.indexOf(key) : index);
  const ranges = rangesOf(shares);
  return (
    <div className={classes.shares}>
      <div className={classes.bar} ref={bar}>
        {shares.map((share, index) => {
          const color = colorOf(share.key, index);
          return (
            <div
              key={share.key}
              className={wearsMarks(color) ? `${classes.segment} ${classes.again}` : classes.segment}
              style={{ width: `${share.weight}%`, backgroundColor: variationColor(color) }}
              title={`${label(share.key)}: ${percentText(share.weight)}`}
            />
          );
        })}
        {onChange !== undefined &&
          shares
            .slice(0, -1)
            .map((share, index) => (
              <Handle
                key={share.key}
                label={`Border between ${label(share.key)} and ${label(shares[index + 1]?.key ?? "")}`}
                told={shares.map((each) => `${label(each.key)} ${percentText(each.weight)}`).join(", ")}
                at={borders[index] ?? 0}
                bar={bar}
                onMove={(bucket) => onChange(withBorder(shares, index, bucket))}
              />
            ))}
      </div>
      <div className={classes.rows}>
        {shares.map((share, index) => (
          <Row
            key={share.key}
            share={share}
            label={label(share.key)}
            color={colorOf(share.key, index)}
            range={rangeInWords(ranges[index])}
            path={path === undefined ? undefined : `${path}[${index}].weight`}
            onWeight={onChange === undefined ? undefined : (weight) => onChange(withShare(shares, index, weight))}
          />
        ))}
      </div>
      {error && (
        <Text size="xs" c="var(--problem)" role="alert">
          {error}
        </Text>
      )}
      {onChange !== undefined && shares.length > 1 && (
        <div className={classes.actions}>
          <Anchor
            component="button"
            type="button"
            size="xs"
            onClick={() => onChange(evenly(shares.map((each) => each.key)))}
          >
            Share evenly
          </Anchor>
        </div>
      )}
      {from !== undefined && (
        <Text className={classes.movers} role="status">
          {moversInWords(movers(from, shares), label)}
        </Text>
      )}
    </div>
  );
}

function rangeInWords(range: ReturnType<typeof rangesOf>[number] | undefined): string {
  if (range === undefined || range.from === range.to) return "no bucket";
  return `buckets ${range.from.toLocaleString("en")}–${(range.to - 1).toLocaleString("en")}`;
}

interface RowProps {
  share: Share;
  label: string;
  color: number;
  range: string;
  path: string | undefined;
  onWeight: ((weight: number) => void) | undefined;
}

function Row({ share, label, color, range, path, onWeight }: RowProps) {
  const step = (event: KeyboardEvent) => {
    if (!event.shiftKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    event.stopPropagation();
    onWeight?.(share.weight + (event.key === "ArrowUp" ? 10 : -10));
  };
  return (
    <>
      <span className={classes.label}>
        <Swatch index={color} />
        <span className={classes.name} title={label}>
          {label}
        </span>
      </span>
      {onWeight === undefined ? (
        <span>{percentText(share.weight)}</span>
      ) : (
        <NumberInput
          size="xs"
          aria-label={`Share of ${label} in percent`}
          data-path={path}
          value={share.weight}
          min={0}
          max={100}
          step={1}
          decimalScale={2}
          suffix="%"
          clampBehavior="strict"
          onKeyDownCapture={step}
          onChange={(typed) => typeof typed === "number" && typed !== share.weight && onWeight(typed)}
        />
      )}
      <span className={classes.range}>{range}</span>
    </>
  );
}

interface HandleProps {
  label: string;
  told: string;
  /** In buckets. */
  at: number;
  bar: React.RefObject<HTMLDivElement | null>;
  onMove: (bucket: number) => void;
}

/** Arrows move it by 1%, with Shift by 10%; the pointer by tenths of a percent. */
function Handle({ label, told, at, bar, onMove }: HandleProps) {
  const keys: Readonly<Record<string, number>> = {
    ArrowRight: STEP,
    ArrowUp: STEP,
    ArrowLeft: -STEP,
    ArrowDown: -STEP,
    PageUp: 10 * STEP,
    PageDown: -10 * STEP,
    Home: -BUCKETS,
    End: BUCKETS,
  };
  const press = (event: KeyboardEvent) => {
    const step = keys[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onMove(at + (event.shiftKey ? 10 * step : step));
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = bar.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    onMove(Math.round(((event.clientX - box.left) / box.width) * 1000) * 10);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={toWeight(at)}
      aria-valuetext={told}
      className={classes.handle}
      style={{ left: `${toWeight(at)}%` }}
      onKeyDown={press}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
    />
  );
}

import { Text } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import {
  type Condition,
  hintsOfCondition,
  isNot,
  type Place,
  partsOf,
  replacedAt,
  type SeenAttribute,
} from "@/lib/rules";
import { ConditionSentence } from "./ConditionSentence";
import classes from "./condition/Condition.module.css";
import { Adders, ConditionPart } from "./condition/ConditionGroup";
import { type Editing, EditingContext, type FieldError } from "./condition/context";

interface Props {
  /** Null: there is none. */
  value: Condition | null;
  onChange: (value: Condition | null) => void;
  attributes?: readonly SeenAttribute[] | undefined;
  /** Keys of segments that it may name; none where segments may not be named. */
  segments?: readonly string[] | undefined;
  errors?: readonly FieldError[] | undefined;
  /** Where errors name it. */
  root?: string;
  /** Puts the focus on the control of a path, each time it is another object. */
  focus?: Wanted | null | undefined;
  /** Whether the sentence stands above its controls. */
  sentence?: boolean;
}

export interface Wanted {
  readonly path: string;
}

const NONE: readonly never[] = [];

/** A condition as nested groups of controls, under the sentence that it makes. */
export function ConditionEditor({
  value,
  onChange,
  attributes,
  segments,
  errors = NONE,
  root = "if",
  focus,
  sentence = true,
}: Props) {
  const [wanted, setWanted] = useState<Wanted | null>(focus ?? null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => setWanted(focus ?? null), [focus]);
  useEffect(() => {
    if (wanted === null) return;
    control(box.current, wanted.path)?.focus();
    setWanted(null);
  }, [wanted]);
  const hints = useMemo(
    () => (value === null ? [] : hintsOfCondition(value, { attributes, segments }, root)),
    [value, attributes, segments, root],
  );
  const editing: Editing = {
    attributes: attributes ?? NONE,
    segments: segments ?? NONE,
    errors,
    hints,
    replace: (place, part, next) => {
      if (value === null) return;
      onChange(part === null ? removed(value, place) : replacedAt(value, place, part));
      const path = next ?? (part === null ? root : null);
      setWanted(path === null ? null : { path });
    },
    readOnly: false,
  };
  const add = (part: Condition, end: string) => {
    onChange(value === null ? part : { and: [value, part] });
    setWanted({ path: value === null ? root + end : `${root}.and[1]${end}` });
  };
  const grouped = value !== null && partsOf(isNot(value) ? value.not : value) !== null;
  return (
    <EditingContext value={editing}>
      <div className={classes.editor} ref={box} data-editor={root}>
        {sentence && value !== null && (
          <ConditionSentence
            condition={value}
            root={root}
            onWord={(path) => setWanted({ path })}
            wrong={errors.map((each) => each.field)}
          />
        )}
        {value === null && <Text c="dimmed">No condition.</Text>}
        {value !== null && <ConditionPart condition={value} place={[]} path={root} />}
        {!grouped && <Adders onAdd={add} />}
        <Elsewhere errors={errors} root={root} value={value} />
      </div>
    </EditingContext>
  );
}

/** Without a part; a group of which one part is left is that part. */
function removed(condition: Condition, place: Place): Condition | null {
  const rest = replacedAt(condition, place, null);
  if (rest === null) return null;
  const above = place.slice(
    0,
    place.findLastIndex((step) => step !== "not"),
  );
  const group = above.reduce<Condition | undefined>(
    (here, step) =>
      here === undefined ? undefined : step === "not" ? (isNot(here) ? here.not : undefined) : partsOf(here)?.[step],
    rest,
  );
  const parts = group === undefined ? null : partsOf(group);
  const [only] = parts ?? [];
  return parts?.length === 1 && only !== undefined ? replacedAt(rest, above, only) : rest;
}

/** The first control at a path or below it, else the first of all: after a removal the focus stays in the editor. */
function control(box: HTMLElement | null, path: string): HTMLElement | null {
  if (box === null) return null;
  const all = [...box.querySelectorAll<HTMLElement>("[data-path]")];
  const found =
    all.find((each) => each.dataset.path === path) ??
    all.find((each) => each.dataset.path?.startsWith(path)) ??
    all[0] ??
    box.querySelector<HTMLElement>("button");
  return found ?? null;
}

/** Refusals that no control shows, so that none is lost. */
function Elsewhere({ errors, root, value }: { errors: readonly FieldError[]; root: string; value: Condition | null }) {
  const mine = errors.filter((each) => each.field === root && (value === null || partsOf(value) === null));
  return mine.map((each) => (
    <div key={each.message} role="alert" className={classes.problem}>
      {each.message}
    </div>
  ));
}

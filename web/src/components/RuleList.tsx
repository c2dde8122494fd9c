import { Button, Text } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { same } from "@/lib/json";
import { hintsOfRules, movedTo, type Rule, type SeenAttribute } from "@/lib/rules";
import type { Wanted } from "./ConditionEditor";
import { EMPTY } from "./condition/ConditionGroup";
import type { FieldError } from "./condition/context";
import { Icon } from "./Icon";
import classes from "./RuleList.module.css";
import { RuleCard } from "./rules/RuleCard";
import type { VariationLabel } from "./ServeEditor";

interface Props {
  rules: readonly Rule[];
  /** As they are saved: what differs is marked. */
  saved?: readonly Rule[] | undefined;
  /** Without it the list only shows. */
  onChange?: ((rules: Rule[]) => void) | undefined;
  variations: readonly VariationLabel[];
  attributes?: readonly SeenAttribute[] | undefined;
  segments?: readonly string[] | undefined;
  errors?: readonly FieldError[] | undefined;
  /** Opens the rule of a path, with the focus on its control, each time it is another object. */
  goTo?: { readonly path: string } | null | undefined;
}

const NONE: readonly never[] = [];

/** Rules from the top, each a sentence; the first that matches decides. */
export function RuleList({
  rules,
  saved = NONE,
  onChange,
  variations,
  attributes,
  segments,
  errors = NONE,
  goTo,
}: Props) {
  const [opened, setOpened] = useState<{ index: number; focus: Wanted | null } | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const hints = useMemo(() => hintsOfRules(rules, { attributes, segments }), [rules, attributes, segments]);
  useEffect(() => {
    const index = Number(/^rules\[(\d+)\]/.exec(goTo?.path ?? "")?.[1] ?? Number.NaN);
    if (goTo && Number.isInteger(index)) setOpened({ index, focus: { path: goTo.path } });
  }, [goTo]);

  const move = (from: number, to: number) => {
    if (from === to) return;
    onChange?.(movedTo(rules, from, to));
    setOpened((before) => (before === null ? null : { index: followed(before.index, from, to), focus: null }));
    setSaid(`Rule ${from + 1} is now rule ${to + 1} of ${rules.length}`);
  };
  const add = (rule: Rule, at: number) => {
    onChange?.(rules.toSpliced(at, 0, rule));
    setOpened({ index: at, focus: { path: `rules[${at}].if.attribute` } });
  };
  const remove = (index: number) => {
    onChange?.(rules.toSpliced(index, 1));
    setOpened(null);
    setSaid(`Rule ${index + 1} is removed from the draft`);
    list.current?.querySelector<HTMLElement>("button")?.focus();
  };
  // The off variation stands first; what is added is there to serve another.
  const served = (variations[1] ?? variations[0])?.key ?? "";
  return (
    <div>
      {rules.length === 0 && <Text c="dimmed">No rules: everybody gets the default.</Text>}
      <ol className={classes.list} ref={list} aria-label="Rules">
        {rules.map((rule, index) => {
          const known = saved.find((each) => each.id !== undefined && each.id === rule.id) ?? null;
          return (
            <RuleCard
              key={rule.id ?? `new-${index}`}
              rule={rule}
              saved={known}
              index={index}
              count={rules.length}
              variations={variations}
              attributes={attributes}
              segments={segments}
              errors={errors}
              hints={hints.filter((hint) => hint.path.startsWith(`rules[${index}].`))}
              changed={onChange !== undefined && !same(known, rule)}
              opened={opened?.index === index}
              focus={opened?.index === index ? opened.focus : null}
              onOpen={(path) => setOpened({ index, focus: { path: path ?? `rules[${index}].if` } })}
              onClose={() => setOpened(null)}
              onChange={onChange === undefined ? undefined : (changed) => onChange(rules.with(index, changed))}
              onMove={(to) => move(index, to)}
              onCopy={() => add({ description: rule.description, if: rule.if, then: rule.then }, index + 1)}
              onRemove={() => remove(index)}
              onDrag={setDragged}
              onDrop={() => dragged !== null && move(dragged, index)}
            />
          );
        })}
      </ol>
      {onChange !== undefined && (
        <Button
          mt="sm"
          variant="default"
          leftSection={<Icon name="plus" />}
          onClick={() => add({ description: "", if: EMPTY, then: { variation: served } }, rules.length)}
        >
          Add rule
        </Button>
      )}
      <Text role="status" size="xs" c="dimmed">
        {said}
      </Text>
    </div>
  );
}

/** Where an element is after another one was moved. */
function followed(index: number, from: number, to: number): number {
  if (index === from) return to;
  if (from < index && index <= to) return index - 1;
  return to <= index && index < from ? index + 1 : index;
}

import { Button, NativeSelect, Text } from "@mantine/core";
import { Icon } from "@/components/Icon";
import {
  type All,
  type Any,
  type Condition,
  isAll,
  isComparison,
  isInSegment,
  isNot,
  type Place,
  partsOf,
} from "@/lib/rules";
import classes from "./Condition.module.css";
import { ComparisonRow, Negation, SegmentRow, Tools } from "./ConditionRow";
import { useEditing } from "./context";
import { Hints } from "./Hints";

interface Props {
  condition: Condition;
  place: Place;
  path: string;
}

export const EMPTY: Condition = { attribute: "", operator: "eq", value: "" };

/** A part of any kind, with its negation. */
export function ConditionPart({ condition, place, path }: Props) {
  const negated = isNot(condition);
  const inner = negated ? condition.not : condition;
  if (isComparison(inner)) return <ComparisonRow condition={inner} negated={negated} place={place} path={path} />;
  if (isInSegment(inner)) return <SegmentRow condition={inner} negated={negated} place={place} path={path} />;
  if (isNot(inner)) {
    return (
      <div className={classes.group} data-negated>
        <div className={classes.head}>
          <Negation condition={inner} negated place={place} />
          <Text c="dimmed">what follows</Text>
        </div>
        <ConditionPart condition={inner} place={[...place, "not"]} path={`${path}.not`} />
      </div>
    );
  }
  return <ConditionGroup condition={inner} negated={negated} place={place} path={path} />;
}

interface GroupProps {
  condition: All | Any;
  negated: boolean;
  place: Place;
  path: string;
}

function ConditionGroup({ condition, negated, place, path }: GroupProps) {
  const { replace, errors } = useEditing();
  const kind = isAll(condition) ? "and" : "or";
  const parts = partsOf(condition) ?? [];
  const below = `${negated ? `${path}.not` : path}.${kind}`;
  const inside: Place = negated ? [...place, "not"] : place;
  const withParts = (changed: Condition[], as = kind): Condition => {
    const group: Condition = as === "and" ? { and: changed } : { or: changed };
    return negated ? { not: group } : group;
  };
  const problem = errors.find((each) => each.field === below || each.field === path)?.message;
  return (
    <fieldset
      className={classes.group}
      data-negated={negated}
      aria-label={kind === "and" ? "All of these" : "Any of these"}
    >
      <div className={classes.head}>
        <Negation condition={condition} negated={negated} place={place} />
        <NativeSelect
          size="xs"
          aria-label="Group"
          data-path={below}
          data={[
            { value: "and", label: "all of these" },
            { value: "or", label: "any of these" },
          ]}
          value={kind}
          onChange={(event) => replace(place, withParts(parts, event.currentTarget.value === "and" ? "and" : "or"))}
        />
        <Tools condition={condition} negated={negated} place={place} what="the group" />
      </div>
      {problem !== undefined && (
        <div className={classes.problem} role="alert">
          {problem}
        </div>
      )}
      <Hints path={negated ? `${path}.not` : path} />
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no names, their place is what they are known by
        <ConditionPart key={index} condition={part} place={[...inside, index]} path={`${below}[${index}]`} />
      ))}
      <Adders onAdd={(part, end) => replace(place, withParts([...parts, part]), `${below}[${parts.length}]${end}`)} />
    </fieldset>
  );
}

/** What can come next; `end` leads from the new part's path to its first control. */
export function Adders({ onAdd }: { onAdd: (part: Condition, end: string) => void }) {
  const { segments } = useEditing();
  const button = (label: string, part: Condition, end: string) => (
    <Button size="compact-xs" variant="subtle" leftSection={<Icon name="plus" />} onClick={() => onAdd(part, end)}>
      {label}
    </Button>
  );
  return (
    <div className={classes.adders}>
      {button("Add condition", EMPTY, ".attribute")}
      {segments.length > 0 && button("Add segment", { segment: "" }, ".segment")}
      {button("Add group", { or: [EMPTY] }, ".or[0].attribute")}
    </div>
  );
}

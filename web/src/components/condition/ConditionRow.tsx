import { ActionIcon, Autocomplete, Button, Menu, NativeSelect } from "@mantine/core";
import { Icon } from "@/components/Icon";
import {
  type Comparison,
  type Condition,
  type InSegment,
  isNot,
  literalFor,
  type Not,
  OPERATORS,
  operatorsFor,
  type Place,
} from "@/lib/rules";
import classes from "./Condition.module.css";
import { errorAt, useEditing } from "./context";
import { Hints } from "./Hints";
import { LiteralInput } from "./LiteralInput";

interface RowProps<Kind> {
  /** Without its negation. */
  condition: Kind;
  negated: boolean;
  /** Of the condition with its negation. */
  place: Place;
  path: string;
}

/** One comparison: attribute, operator, value. */
export function ComparisonRow({ condition, negated, place, path }: RowProps<Comparison>) {
  const { attributes, errors, replace } = useEditing();
  const below = negated ? `${path}.not` : path;
  const seen = attributes.find((each) => each.name === condition.attribute);
  const put = (change: Partial<Comparison>) => {
    const { value, ...rest } = { ...condition, ...change };
    const whole: Comparison = value === undefined ? rest : { ...rest, value };
    replace(place, negated ? { not: whole } : whole);
  };
  const operate = (operator: string) => {
    const value = literalFor(operator, condition.value);
    const { attribute } = condition;
    const whole: Comparison = value === undefined ? { attribute, operator } : { attribute, operator, value };
    replace(place, negated ? { not: whole } : whole);
  };
  return (
    <div>
      <div className={classes.row}>
        <Negation condition={condition} negated={negated} place={place} />
        <Autocomplete
          size="xs"
          aria-label="Attribute"
          placeholder="Attribute"
          data-path={`${below}.attribute`}
          data={attributes.map((each) => each.name)}
          limit={30}
          value={condition.attribute}
          onChange={(attribute) => put({ attribute })}
          error={errorAt(errors, `${below}.attribute`)}
        />
        <NativeSelect
          size="xs"
          aria-label="Operator"
          data-path={`${below}.operator`}
          data={choices(condition.operator, seen?.types ?? [])}
          value={condition.operator}
          onChange={(event) => operate(event.currentTarget.value)}
          error={errorAt(errors, `${below}.operator`)}
        />
        <div className={classes.wide}>
          <LiteralInput
            comparison={condition}
            seen={seen}
            onChange={(value) => put({ value })}
            path={`${below}.value`}
            error={errorAt(errors, `${below}.value`)}
          />
        </div>
        <Tools condition={condition} negated={negated} place={place} what={condition.attribute || "the condition"} />
      </div>
      <Hints path={path} />
    </div>
  );
}

/** Those that fit what was seen first; the others stay within reach, as contexts may change. */
function choices(current: string, types: Parameters<typeof operatorsFor>[0]) {
  const fitting = operatorsFor(types);
  const item = (each: (typeof OPERATORS)[number]) => ({ value: each.name, label: each.words });
  const groups = [...new Set(fitting.map((each) => each.group))].map((group) => ({
    group: String(group),
    items: fitting.filter((each) => each.group === group).map(item),
  }));
  const others = OPERATORS.filter((each) => !fitting.includes(each)).map(item);
  if (others.length > 0) groups.push({ group: "Never match what was seen", items: others });
  const known = OPERATORS.some((each) => each.name === current);
  if (!known) groups.push({ group: "Unknown here", items: [{ value: current, label: current }] });
  return groups;
}

/** Being in a segment. */
export function SegmentRow({ condition, negated, place, path }: RowProps<InSegment>) {
  const { segments, errors, replace } = useEditing();
  const below = negated ? `${path}.not` : path;
  const choose = (segment: string) => {
    const whole: Condition = { segment };
    replace(place, negated ? { not: whole } : whole);
  };
  const known = condition.segment === "" || segments.includes(condition.segment);
  return (
    <div>
      <div className={`${classes.row} ${classes.segmentRow}`}>
        <Negation condition={condition} negated={negated} place={place} />
        <span className={classes.inSegment}>{negated ? "in segment" : "In segment"}</span>
        <NativeSelect
          size="xs"
          aria-label="Segment"
          data-path={`${below}.segment`}
          data={[
            { value: "", label: "Choose a segment" },
            ...(known ? segments : [condition.segment, ...segments]).map((key) => ({ value: key, label: key })),
          ]}
          value={condition.segment}
          onChange={(event) => choose(event.currentTarget.value)}
          error={errorAt(errors, `${below}.segment`)}
        />
        <Tools condition={condition} negated={negated} place={place} what={condition.segment || "the segment"} />
      </div>
      <Hints path={path} />
    </div>
  );
}

interface PartProps {
  condition: Condition;
  negated: boolean;
  place: Place;
}

export function Negation({ condition, negated, place }: PartProps) {
  const { replace } = useEditing();
  return (
    <Button
      size="compact-xs"
      // Where it is not negated, the word alone would read as if it were.
      variant={negated ? "default" : "subtle"}
      {...(negated ? {} : { color: "gray" })}
      mt={4}
      className={classes.negate}
      aria-pressed={negated}
      aria-label="Not"
      onClick={() => replace(place, negated ? condition : { not: condition })}
    >
      {negated ? "not" : "+ not"}
    </Button>
  );
}

/** What can be done with a whole part. */
export function Tools({ condition, negated, place, what }: PartProps & { what: string }) {
  const { replace } = useEditing();
  const whole: Condition | Not = negated ? { not: condition } : condition;
  return (
    <div className={classes.tools}>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`More for ${what}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => replace(place, { and: [whole] })}>Put into a group of its own</Menu.Item>
          {!isNot(whole) && <Menu.Item onClick={() => replace(place, { not: whole })}>Negate</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${what}`} onClick={() => replace(place, null)}>
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

import { ActionIcon, Menu, TextInput } from "@mantine/core";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { ConditionEditor, type Wanted } from "@/components/ConditionEditor";
import conditionClasses from "@/components/condition/Condition.module.css";
import { EMPTY } from "@/components/condition/ConditionGroup";
import type { FieldError } from "@/components/condition/context";
import { Icon } from "@/components/Icon";
import classes from "@/components/RuleList.module.css";
import { labelsOf, ServeEditor, type VariationLabel } from "@/components/ServeEditor";
import type { Hint, Rule, SeenAttribute } from "@/lib/rules";
import { RuleSentence } from "./RuleSentence";

export interface RuleContext {
  readonly variations: readonly VariationLabel[];
  readonly attributes: readonly SeenAttribute[] | undefined;
  readonly segments: readonly string[] | undefined;
  readonly errors: readonly FieldError[];
}

interface Props extends RuleContext {
  rule: Rule;
  /** As it is saved; null of one that is new. */
  saved: Rule | null;
  index: number;
  count: number;
  hints: readonly Hint[];
  changed: boolean;
  opened: boolean;
  /** The path of the control that the focus goes to. */
  focus: Wanted | null;
  onOpen: (focus: string | null) => void;
  onClose: () => void;
  onChange?: ((rule: Rule) => void) | undefined;
  onMove: (to: number) => void;
  onCopy: () => void;
  onRemove: () => void;
  onDrag: (from: number | null) => void;
  onDrop: () => void;
}

export function RuleCard(props: Props) {
  const { rule, index, opened, onChange, onOpen, hints, errors, changed } = props;
  const path = `rules[${index}]`;
  const mine = errors.filter((each) => each.field === path || each.field.startsWith(`${path}.`));
  const own = hints.filter((hint) => hint.code === "never_reached" || hint.code === "matches_nobody" || !opened);
  const [over, setOver] = useState(false);
  const dropping = onChange === undefined ? {} : droppable(setOver, props.onDrop);
  return (
    <li
      className={classes.rule}
      data-changed={changed}
      data-wrong={mine.length > 0}
      data-over={over}
      aria-label={`Rule ${index + 1}`}
      {...dropping}
    >
      <span className={classes.number}>{index + 1}</span>
      <div className={classes.said}>
        {rule.description !== "" && <span className={classes.description}>{rule.description}</span>}
        <RuleSentence
          rule={rule}
          path={path}
          labels={labelsOf(props.variations)}
          off={props.variations[0]?.key}
          onWord={onChange === undefined ? undefined : onOpen}
          wrong={mine.map((each) => each.field)}
        />
      </div>
      {onChange !== undefined && <RuleTools {...props} />}
      {own.length > 0 && (
        <div className={classes.hints}>
          {own.map((hint) => (
            <div key={hint.path + hint.code} className={conditionClasses.hint} role="note">
              <Icon name="warning" />
              <span>{hint.text}</span>
            </div>
          ))}
        </div>
      )}
      {opened && onChange !== undefined && <RuleBody {...props} path={path} onChange={onChange} />}
    </li>
  );
}

function RuleBody(props: Props & { path: string; onChange: (rule: Rule) => void }) {
  const { rule, saved, path, onChange, focus, errors, attributes, segments, variations } = props;
  const body = useRef<HTMLDivElement>(null);
  const atServe = focus !== null && [`${path}.then`, `${path}.description`].some((each) => focus.path.startsWith(each));
  useEffect(() => {
    if (!atServe || focus === null) return;
    const all = [...(body.current?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
    const found =
      all.find((each) => each.dataset.path === focus.path) ??
      all.find((each) => each.dataset.path?.startsWith(focus.path));
    found?.focus();
  }, [atServe, focus]);
  return (
    <div className={classes.body} ref={body}>
      <ConditionEditor
        value={rule.if}
        onChange={(condition) => onChange({ ...rule, if: condition ?? EMPTY })}
        attributes={attributes}
        segments={segments}
        errors={errors}
        root={`${path}.if`}
        focus={atServe ? null : focus}
        sentence={false}
      />
      <ServeEditor
        label="Serve"
        serve={rule.then}
        from={saved?.then}
        onChange={(served) => onChange({ ...rule, then: served })}
        variations={variations}
        attributes={attributes}
        errors={errors}
        path={`${path}.then`}
      />
      <TextInput
        size="xs"
        label="Description"
        placeholder="Why this rule is there"
        maxLength={1024}
        data-path={`${path}.description`}
        value={rule.description}
        onChange={(event) => onChange({ ...rule, description: event.currentTarget.value })}
      />
    </div>
  );
}

function RuleTools({ index, count, opened, onOpen, onClose, onMove, onCopy, onRemove, onDrag }: Props) {
  const name = `rule ${index + 1}`;
  const drag = (event: DragEvent) => {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", name);
    onDrag(index);
  };
  return (
    <div className={classes.tools}>
      {count > 1 && (
        <ActionIcon
          variant="subtle"
          color="gray"
          className={classes.grip ?? ""}
          component="span"
          aria-hidden
          draggable
          onDragStart={drag}
          onDragEnd={() => onDrag(null)}
        >
          <Icon name="drag" />
        </ActionIcon>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-expanded={opened}
        aria-label={opened ? `Close ${name}` : `Edit ${name}`}
        onClick={() => (opened ? onClose() : onOpen(null))}
      >
        <Icon name={opened ? "check" : "edit"} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${name} up`}
        disabled={index === 0}
        onClick={() => onMove(index - 1)}
      >
        <Icon name="up" />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${name} down`}
        disabled={index === count - 1}
        onClick={() => onMove(index + 1)}
      >
        <Icon name="down" />
      </ActionIcon>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`More for ${name}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="top" />} disabled={index === 0} onClick={() => onMove(0)}>
            Move to the top
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="bottom" />}
            disabled={index === count - 1}
            onClick={() => onMove(count - 1)}
          >
            Move to the bottom
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="copy" />} onClick={onCopy}>
            Duplicate
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="trash" />} onClick={onRemove}>
            Remove rule {index + 1}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

const droppable = (setOver: (over: boolean) => void, onDrop: () => void) => ({
  onDragOver: (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  },
  onDragLeave: () => setOver(false),
  onDrop: (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onDrop();
  },
});

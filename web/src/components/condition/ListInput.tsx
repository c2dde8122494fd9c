import { Anchor, Group, TagsInput, Text, Textarea } from "@mantine/core";
import { type ClipboardEvent, useState } from "react";
import { type Json, kindOfAll, literalOf, pasted, type ScalarKind, textOf, together } from "@/lib/rules";
import classes from "./Condition.module.css";

interface Props {
  value: readonly Json[];
  onChange: (value: Json[]) => void;
  /** What elements are while there are none. */
  kind: ScalarKind;
  suggestions: readonly string[];
  path: string;
  error: string | null;
  placeholder: string;
}

/** More than these are edited as lines: a tag each would be slow and hard to overlook. */
const TAGS_MAX = 40;

/** A list literal: tags while it is short, lines where it is long; pasted lines become elements. */
export function ListInput({ value, onChange, kind: wanted, suggestions, path, error, placeholder }: Props) {
  const kind = value.length === 0 ? wanted : kindOfAll(value);
  const [asLines, setAsLines] = useState(value.length > TAGS_MAX);
  const [refused, setRefused] = useState<string[]>([]);
  const take = (texts: readonly string[]): Json[] => {
    const read = texts.map((text) => ({ text, literal: literalOf(text, kind) }));
    setRefused(read.filter((each) => each.literal === undefined).map((each) => each.text));
    return read.flatMap((each) => (each.literal === undefined ? [] : [each.literal]));
  };
  const paste = (event: ClipboardEvent) => {
    const parts = pasted(event.clipboardData.getData("text"));
    if (asLines || parts.length < 2) return;
    event.preventDefault();
    event.stopPropagation();
    const list = together(value, take(parts));
    onChange(list);
    if (list.length > TAGS_MAX) setAsLines(true);
  };
  const texts = value.map((each) => textOf(each, kind));
  const problem =
    error ??
    (refused.length > 0
      ? `Not ${kind === "number" ? "a number" : "of this kind"}: ${refused.slice(0, 3).join(", ")}`
      : null);
  const common = { "data-path": path, "aria-label": "Values", placeholder, error: problem, size: "xs" as const };
  return (
    // On its way down: the field of tags splits what is pasted by its own rule else.
    <div className={classes.list} onPasteCapture={paste}>
      {asLines ? (
        <Lines {...common} texts={texts} onTexts={(lines) => onChange(together([], take(lines)))} />
      ) : (
        <TagsInput
          {...common}
          data={[...suggestions]}
          value={texts}
          onChange={(tags) => onChange(together([], take(tags)))}
          acceptValueOnBlur
          splitChars={[","]}
          placeholder={texts.length === 0 ? placeholder : ""}
        />
      )}
      <Group gap="xs" justify="space-between">
        <Text size="xs" c="dimmed">
          {value.length.toLocaleString("en")} {value.length === 1 ? "value" : "values"}
        </Text>
        {(value.length <= TAGS_MAX || !asLines) && (
          <Anchor component="button" type="button" size="xs" onClick={() => setAsLines(!asLines)}>
            {asLines ? "As tags" : "As lines"}
          </Anchor>
        )}
      </Group>
    </div>
  );
}

interface LinesProps {
  texts: readonly string[];
  onTexts: (lines: string[]) => void;
  "aria-label": string;
  "data-path": string;
  placeholder: string;
  error: string | null;
  size: "xs";
}

/** The text stays as it is typed; elements are read from it when the field is left. */
function Lines({ texts, onTexts, ...common }: LinesProps) {
  const [text, setText] = useState<string | null>(null);
  const leave = () => {
    if (text !== null) onTexts(pasted(text));
    setText(null);
  };
  return (
    <Textarea
      {...common}
      description="One per line"
      autosize
      minRows={3}
      maxRows={12}
      value={text ?? texts.join("\n")}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={leave}
    />
  );
}

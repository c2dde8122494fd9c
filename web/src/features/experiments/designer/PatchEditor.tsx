import { useState } from "react";
import { JsonEditor } from "@/components/JsonEditor";
import { isRecord } from "@/lib/json";

interface Props {
  label: string;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
}

/** A JSON object as text; what is no object yet is kept as text and told. */
export function PatchEditor({ label, value, onChange }: Props) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const parsed = objectIn(text);
  return (
    <JsonEditor
      label={label}
      value={text}
      height={140}
      error={parsed === null ? "A patch is a JSON object" : null}
      onChange={(next) => {
        setText(next);
        const found = objectIn(next);
        if (found !== null) onChange(found);
      }}
    />
  );
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return isRecord(found) ? found : null;
  } catch {
    return null;
  }
}

import { useState } from "react";
import { JsonEditor } from "@/components/JsonEditor";
import { draftFromJson, type SettingsDraft } from "./model";

interface Props {
  readonly draft: SettingsDraft;
  readonly onChange: ((draft: SettingsDraft) => void) | undefined;
}

/** The same draft as its document. What is no document yet stays as it is typed, and changes nothing. */
export function DraftAsJson({ draft, onChange }: Props) {
  const [text, setText] = useState(() => JSON.stringify(draft, null, 2));
  const [error, setError] = useState<string | null>(null);
  const type = (typed: string) => {
    setText(typed);
    const read = draftFromJson(typed, draft);
    setError(typeof read === "string" ? read : null);
    if (typeof read !== "string") onChange?.(read);
  };
  return (
    <JsonEditor
      label="Settings"
      description="null for default or off_variation: as the flag itself says."
      value={text}
      height={480}
      error={error}
      {...(onChange === undefined ? {} : { onChange: type })}
    />
  );
}

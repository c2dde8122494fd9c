import { Skeleton, Text } from "@mantine/core";
import { lazy, Suspense, useId } from "react";
import { patiently } from "@/lib/patiently";

const Editor = lazy(() => patiently(() => import("./JsonEditorInside")));

export interface JsonEditorProps {
  readonly label: string;
  /** The text, which need not be JSON while somebody types. */
  readonly value: string;
  /** Without it the text is for reading. */
  readonly onChange?: (value: string) => void;
  /** A JSON schema; its members are suggested. */
  readonly schema?: unknown;
  readonly height?: number;
  readonly description?: string;
  readonly error?: string | null;
  /** What it writes, for refusals. */
  readonly "data-path"?: string;
}

/** JSON with colours and marked faults. The editor is large, so it is read when it is first shown. */
export function JsonEditor(props: JsonEditorProps) {
  const id = useId();
  return (
    <div {...(props["data-path"] === undefined ? {} : { "data-path": props["data-path"] })}>
      <Text id={id} fw={500}>
        {props.label}
      </Text>
      {props.description !== undefined && (
        <Text size="xs" c="dimmed">
          {props.description}
        </Text>
      )}
      <Suspense fallback={<Skeleton height={props.height ?? 240} />}>
        <Editor {...props} />
      </Suspense>
      {props.error !== undefined && props.error !== null && (
        <Text size="xs" c="var(--problem)" role="alert">
          {props.error}
        </Text>
      )}
    </div>
  );
}

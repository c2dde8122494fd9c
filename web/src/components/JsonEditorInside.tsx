import { json, jsonParseLinter } from "@codemirror/lang-json";
import { linter } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import CodeMirror from "@uiw/react-codemirror";
import { useMemo } from "react";
import { nonce } from "@/lib/nonce";
import type { JsonEditorProps } from "./JsonEditor";
import classes from "./JsonEditor.module.css";

export default function JsonEditorInside({ label, value, onChange, height = 240 }: JsonEditorProps) {
  const scheme = useComputedColorScheme("light");
  const extensions = useMemo(
    () => [
      json(),
      linter(jsonParseLinter()),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      ...(nonce === "" ? [] : [EditorView.cspNonce.of(nonce)]),
    ],
    [label],
  );
  return (
    <div className={classes.editor}>
      <CodeMirror
        value={value}
        height={`${height}px`}
        theme={scheme}
        editable={onChange !== undefined}
        readOnly={onChange === undefined}
        extensions={extensions}
        basicSetup={{ foldGutter: true, highlightActiveLine: onChange !== undefined, autocompletion: false }}
        {...(onChange === undefined ? {} : { onChange })}
      />
    </div>
  );
}

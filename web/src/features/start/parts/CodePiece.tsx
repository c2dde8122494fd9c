import { CopyButton } from "@mantine/core";
import { Icon } from "@/components/Icon";
import classes from "./CodePiece.module.css";

interface Props {
  readonly name: string;
  readonly code: string;
}

export function CodePiece({ name, code }: Props) {
  return (
    <figure className={classes.piece}>
      <figcaption className={classes.head}>
        <span>{name}</span>
        <CopyButton value={code} timeout={2000}>
          {({ copied, copy }) => (
            <button
              type="button"
              className={classes.copy}
              onClick={copy}
              aria-label={copied ? "Copied" : `Copy ${name}`}
            >
              <Icon name={copied ? "check" : "copy"} size={14} />
              {copied ? "Copied" : "Copy"}
            </button>
          )}
        </CopyButton>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it */}
      <pre className={classes.code} tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}

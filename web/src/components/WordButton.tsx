import type { KeyboardEvent, ReactNode } from "react";

interface Props {
  readonly label: string;
  readonly className: string;
  readonly onPress: () => void;
  readonly children: ReactNode;
}

/** A word of a sentence that can be pressed. It breaks between lines as the sentence does: a button's box never would. */
export function WordButton({ label, className, onPress, children }: Props) {
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPress();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button is a box, in whose middle no line ends
    <span role="button" tabIndex={0} className={className} aria-label={label} onClick={onPress} onKeyDown={press}>
      {children}
    </span>
  );
}

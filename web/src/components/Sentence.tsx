import { Fragment } from "react";
import { serviceWords } from "@/lib/service-words";

interface Props {
  readonly text: string;
}

/** A sentence of a service, which sets names between backticks; its days and moments are written as in the pages. */
export function Sentence({ text }: Props) {
  // Each second piece stood between two of them; one without a partner stays as it is.
  const pieces = text.split("`");
  if (pieces.length % 2 === 0) return serviceWords(text);
  return pieces.map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text stay in their order
    index % 2 === 1 ? <code key={index}>{piece}</code> : <Fragment key={index}>{serviceWords(piece)}</Fragment>,
  );
}

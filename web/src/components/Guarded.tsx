import { Tooltip } from "@mantine/core";
import type { MouseEvent, ReactElement } from "react";
import { type Right, useRight } from "@/api/rights";
import { WhyNot } from "./rights/WhyNot";

/** Spread onto the control, after its own `onClick`. Empty where it may be used. */
export interface GuardProps {
  readonly "aria-disabled"?: true;
  readonly "data-disabled"?: true;
  readonly onClick?: (event: MouseEvent) => void;
}

interface Props {
  readonly right: Right;
  readonly environment?: string;
  /** A single element that takes a ref and these props. */
  readonly children: (props: GuardProps) => ReactElement;
}

const refused: GuardProps = {
  "aria-disabled": true,
  "data-disabled": true,
  onClick: (event) => {
    event.preventDefault();
    event.stopPropagation();
  },
};

/** A control that one lacks the right for stays where it is, can be reached by keyboard, and says what is missing. */
export function Guarded({ right, environment, children }: Props) {
  const { allowed } = useRight(right, environment);
  if (allowed) return children({});
  // Its words are mounted when it opens, so whom to ask is looked up only then.
  return <Tooltip label={<WhyNot right={right} environment={environment} />}>{children(refused)}</Tooltip>;
}

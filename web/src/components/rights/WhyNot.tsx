import { type Right, useRight } from "@/api/rights";
import { useGranters } from "./queries";
import { grantersWords } from "./words";

interface Props {
  readonly right: Right;
  readonly environment?: string | undefined;
}

/** "Needs flag:toggle in production; Anna can give it". Whom to ask is looked up when this is shown, not before. */
export function WhyNot({ right, environment }: Props) {
  const { known } = useRight(right, environment);
  const granters = useGranters(right, environment);
  if (!known) return "Your rights are being read";
  const where = environment === undefined ? "" : ` in ${environment}`;
  return `Needs ${right}${where}; ${grantersWords(granters)}`;
}

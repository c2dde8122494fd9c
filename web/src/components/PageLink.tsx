import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  /** A path of `pagePath`, perhaps with a search of its own. */
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly "aria-label"?: string;
}

/** A link to a page of this project; the environment goes along. */
export function PageLink({ to, children, className, ...rest }: Props) {
  const [path = "", text] = to.split("?");
  const search = text === undefined ? {} : { search: Object.fromEntries(new URLSearchParams(text)) as never };
  return (
    <Link to={path} {...search} {...rest} {...(className === undefined ? {} : { className })}>
      {children}
    </Link>
  );
}

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { placeOf } from "@/lib/url";

interface Props {
  /** A path of `pagePath`, perhaps with a search of its own. */
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly "aria-label"?: string;
}

/** A link to a page of this project; the environment goes along. */
export function PageLink({ to, children, className, ...rest }: Props) {
  const place = placeOf(to);
  const search = Object.keys(place.search).length === 0 ? {} : { search: place.search as never };
  return (
    <Link to={place.to} {...search} {...rest} {...(className === undefined ? {} : { className })}>
      {children}
    </Link>
  );
}

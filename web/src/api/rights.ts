/** What one may do here, to show each control or to say why not (`components/rights/WhyNot`). */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@/lib/url";
import { type Permissions, permissionsQuery, type Right } from "./shared-queries";

export type { Right } from "./shared-queries";

export interface Allowance {
  readonly allowed: boolean;
  /** Whether that has been read. */
  readonly known: boolean;
}

/** With an environment: in it. Without one: in the project or its organization. */
export function useRight(right: Right, environment?: string): Allowance {
  const { project } = useParams();
  const permissions = useQuery({ ...permissionsQuery(project), enabled: project !== "" }).data;
  return allowance(permissions, right, environment);
}

export function allowance(permissions: Permissions | undefined, right: Right, environment?: string): Allowance {
  if (permissions === undefined) return { allowed: false, known: false };
  return { allowed: held(permissions, environment).includes(right), known: true };
}

function held(permissions: Permissions, environment: string | undefined): readonly Right[] {
  if (environment !== undefined) return permissions.environments[environment] ?? [];
  return [...permissions.project, ...permissions.organization];
}

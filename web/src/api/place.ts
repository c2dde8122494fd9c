/** Where one is: the project and environment of the address, and who one is there. Below the project's layout all of
 * it has been read, so no page waits for it again. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@/lib/url";
import {
  type Environment,
  environmentsQuery,
  meQuery,
  type Organization,
  type Person,
  type Project,
  projectQuery,
} from "./shared-queries";

export type { Environment, Organization, Person, Project } from "./shared-queries";

export interface Place {
  readonly project: Project;
  readonly environment: Environment;
  /** Those that are not archived, in their order. */
  readonly environments: readonly Environment[];
  readonly organization: Organization;
  readonly person: Person;
}

export function usePlace(): Place {
  const { project: key, environment: wanted } = useParams();
  const person = useQuery(meQuery).data;
  const project = useQuery({ ...projectQuery(key), enabled: key !== "" }).data;
  const environments = useQuery({ ...environmentsQuery(key), enabled: key !== "" }).data;
  const environment = environments === undefined ? undefined : chosen(environments, wanted);
  const organization = person?.organizations.find((each) => each.id === project?.organization_id);
  if (!person || !project || !environments || !environment || !organization) {
    throw new Error("usePlace() outside of a project's pages");
  }
  return { project, environment, environments, organization, person };
}

/** The environment of the address; without one the first that is protected, or the last: what users get. */
export function chosen(environments: readonly Environment[], wanted: string | null): Environment | undefined {
  const named = environments.find((each) => each.key === wanted);
  return named ?? environments.find((each) => each.protected) ?? environments.at(-1);
}

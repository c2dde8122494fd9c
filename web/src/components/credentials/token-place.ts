/** Where a token's rights hold: in the organization, one project, or one environment of it. */

import { usePlace } from "@/api/place";

interface Bound {
  readonly project_id: string | null;
  readonly environment_id: string | null;
}

/** As `POST` of a token takes it. */
export interface TokenPlace {
  readonly project?: string;
  readonly environment?: string;
}

const ORGANIZATION = "organization";
export const PROJECT = "project";

export function useTokenPlaces() {
  const { organization, project, environments } = usePlace();
  return {
    choices: [
      { value: ORGANIZATION, label: `All of ${organization.name}` },
      { value: PROJECT, label: `The project ${project.name}` },
      ...environments.map((each) => ({ value: each.id, label: `Only ${each.name} of ${project.name}` })),
    ],
    placeOf(chosen: string): TokenPlace {
      if (chosen === ORGANIZATION) return {};
      const environment = environments.find((each) => each.id === chosen);
      return { project: project.key, ...(environment === undefined ? {} : { environment: environment.key }) };
    },
    words({ project_id, environment_id }: Bound): string {
      if (environment_id !== null)
        return environments.find((each) => each.id === environment_id)?.name ?? "an environment of another project";
      if (project_id !== null) return project_id === project.id ? project.name : "another project";
      return organization.name;
    },
  };
}

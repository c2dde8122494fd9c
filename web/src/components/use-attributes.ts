import type { SeenAttribute } from "@/lib/rules";

/** What contexts of an environment were seen to have; undefined where nobody knows. */
export function useAttributes(_project: string, _environment: string): readonly SeenAttribute[] | undefined {
  return undefined;
}

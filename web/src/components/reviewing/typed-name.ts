import type { Environment } from "@/api/place";
import type { Preview } from "./queries";

/** From this share of the recent units on, the name of a protected environment is typed. */
const MUCH_PERCENT = 5;

/** The name that has to be typed before a write, as a prop of `Review`; none where little moves. */
export function typedName(
  environment: Pick<Environment, "name" | "protected">,
  preview: Preview | undefined,
): { readonly typedName?: string } {
  const moved = preview?.impact?.changed_share?.percent ?? 0;
  return environment.protected && moved > MUCH_PERCENT ? { typedName: environment.name } : {};
}

import { useQueryClient } from "@tanstack/react-query";
import { announceProblem } from "@/components/announce";
import { type Design, equalShares, withFlag } from "./model";
import { flagForDesign } from "./queries";

/** A flag brings its variations; on a remote config they are named here. */
export function useFlagChoice(
  project: string,
  environment: string,
  design: Design,
  set: (change: Partial<Design>) => void,
) {
  const client = useQueryClient();
  return async (kind: "flag" | "config", key: string | null) => {
    if (key === null) return set({ flag: "", variations: [], control: "" });
    if (kind === "config") {
      const variations = equalShares(["control", "changed"]).map((each) =>
        each.key === "changed" ? { ...each, value: {} } : each,
      );
      return set({ flag: key, mode: "assigns", variations, control: "control" });
    }
    try {
      const { flag, off } = await client.fetchQuery(flagForDesign(project, environment, key));
      set(withFlag(design, flag, off));
    } catch (thrown) {
      announceProblem(thrown, `${key} could not be read`);
    }
  };
}

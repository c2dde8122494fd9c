import type { QueryClient } from "@tanstack/react-query";
import { flagsKey } from "./list/queries";

/** After any write of a flag, or of many, its page, its history and the list are old, wherever it was made. */
export async function flagChanged(client: QueryClient, project: string, key?: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: key === undefined ? ["flag", project] : ["flag", project, key] }),
    client.invalidateQueries({ queryKey: flagsKey(project) }),
    client.invalidateQueries({ queryKey: ["history"] }),
    // Read when it is looked at; the list of what asks for attention reads itself anew.
    client.invalidateQueries({ queryKey: ["overview", project], refetchType: "none" }),
  ]);
}

import type { QueryClient } from "@tanstack/react-query";
import { flagsKey } from "./list/queries";

/** After any write of a flag its page, its history and the list are old, wherever it was made. */
export async function flagChanged(client: QueryClient, project: string, key: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ["flag", project, key] }),
    client.invalidateQueries({ queryKey: flagsKey(project) }),
    client.invalidateQueries({ queryKey: ["history"] }),
  ]);
}

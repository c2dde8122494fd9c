import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { signOut } from "@/api/session";
import { tellTabsOfSignOut } from "./tabs";

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await signOut();
    client.clear();
    tellTabsOfSignOut();
    window.location.assign("/sign-in");
  }, [client]);
}

import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { meQuery } from "@/api/shared-queries";
import { ConfirmHost } from "@/components/confirm";
import { SessionDialog } from "../session/SessionDialog";
import { useFocusAfterDialogs } from "./use-focus-after-dialogs";
import { useFocusAfterNavigation } from "./use-focus-after-navigation";
import { usePageTitle } from "./use-page-title";

export function RootLayout() {
  usePageTitle();
  useFocusAfterNavigation();
  useFocusAfterDialogs();
  // Known as soon as a page has asked for it; the sign-in page doesn't.
  const person = useQuery({ ...meQuery, enabled: false }).data;
  return (
    <>
      <Outlet />
      <ConfirmHost />
      {person !== undefined && <SessionDialog person={person} />}
    </>
  );
}

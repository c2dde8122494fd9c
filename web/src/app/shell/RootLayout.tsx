import { Outlet } from "@tanstack/react-router";
import { ConfirmHost } from "@/components/confirm";
import { useFocusAfterNavigation } from "./use-focus-after-navigation";
import { usePageTitle } from "./use-page-title";

export function RootLayout() {
  usePageTitle();
  useFocusAfterNavigation();
  return (
    <>
      <Outlet />
      <ConfirmHost />
    </>
  );
}

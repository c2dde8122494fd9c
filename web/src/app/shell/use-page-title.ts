import { useMatches } from "@tanstack/react-router";
import { useEffect } from "react";

/** The browser's tab: the entity, the page, the product. */
export function usePageTitle(): void {
  const matches = useMatches();
  const last = matches.at(-1);
  const title = last?.staticData.title;
  const params: Readonly<Record<string, string>> = last?.params ?? {};
  const text = [params.key, title, "Verdict"].filter((each) => each !== undefined && each !== "").join(" · ");
  useEffect(() => {
    document.title = text;
  }, [text]);
}

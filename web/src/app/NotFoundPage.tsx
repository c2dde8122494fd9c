import { NothingHere } from "@/components/NothingHere";

/** An address that no page has. */
export function NotFoundPage() {
  return (
    <main>
      <NothingHere />
    </main>
  );
}

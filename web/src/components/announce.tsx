import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem, sentence } from "@/api/problem";
import { duration } from "@/lib/format";
import { offerUndo, withdrawUndo } from "@/lib/undo";

const UNDO_MILLISECONDS = 10_000;
const PLAIN_MILLISECONDS = 6_000;

export interface Arrival {
  readonly edges: number;
  readonly confirmed: number;
  readonly milliseconds: number;
  readonly laggards: readonly string[];
}

interface Done {
  readonly propagation?: Arrival;
}

interface Options {
  /** In the past: "Turned off new-checkout in production". */
  readonly what: string;
  readonly undo?: () => Promise<unknown>;
}

let number = 0;

/** After a write: what was done, how far it came, and the way back for ten seconds. */
export function announce(written: Done | null, { what, undo }: Options): void {
  const id = `done-${number++}`;
  if (undo !== undefined) offerUndo(id, () => takeBack(id, what, undo));
  const lags = written?.propagation !== undefined && written.propagation.confirmed < written.propagation.edges;
  notifications.show({
    id,
    title: what,
    color: lags ? "yellow" : "teal",
    autoClose: undo === undefined ? PLAIN_MILLISECONDS : UNDO_MILLISECONDS,
    withBorder: true,
    closeButtonProps: { "aria-label": "Close" },
    onClose: () => withdrawUndo(id),
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text>{written?.propagation === undefined ? "Saved." : arrival(written.propagation)}</Text>
        {undo !== undefined && (
          <Button
            size="compact-sm"
            flex="none"
            variant="default"
            title="Undo (u)"
            aria-keyshortcuts="u"
            onClick={() => void takeBack(id, what, undo)}
          >
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}

/** "Live on 4 of 4 edges after 0.2 s." */
export function arrival({ edges, confirmed, milliseconds, laggards }: Arrival): string {
  if (edges === 0) return "Saved. No edge is live, so nothing serves it yet.";
  const on = `Live on ${confirmed} of ${edges} ${edges === 1 ? "edge" : "edges"} after ${duration(milliseconds)}.`;
  if (laggards.length === 0) return on;
  const shown = laggards.slice(0, 3).join(", ");
  const more = laggards.length > 3 ? ` and ${laggards.length - 3} more` : "";
  return `${on} Not yet heard from: ${shown}${more}.`;
}

/** What a write was refused for, where no form stands that could show it. */
export function announceProblem(thrown: unknown, what?: string): void {
  const problem = asProblem(thrown);
  notifications.show({
    title: what ?? problem.title,
    message: `${sentence(problem)}${problem.requestId === null ? "" : ` (request ${problem.requestId})`}`,
    color: "red",
    autoClose: 12_000,
    withBorder: true,
    role: "alert",
    closeButtonProps: { "aria-label": "Close" },
  });
}

async function takeBack(id: string, what: string, undo: () => Promise<unknown>): Promise<void> {
  withdrawUndo(id);
  notifications.hide(id);
  try {
    await undo();
    notifications.show({ title: "Undone", message: `As it was before: ${what}`, color: "teal", withBorder: true });
  } catch (thrown) {
    announceProblem(thrown, "It could not be undone");
  }
}

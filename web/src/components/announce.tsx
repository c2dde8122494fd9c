import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem, sentence } from "@/api/problem";
import { duration } from "@/lib/format";
import { offerUndo, withdrawUndo } from "@/lib/undo";
import { type Asking, ask, askingOf } from "./reviewing/asking";
import { Sentence } from "./Sentence";

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
  /** What follows, where nothing was saved. */
  readonly then?: string;
}

let number = 0;

/** After a write: what was done, how far it came, and the way back for ten seconds. */
export function announce(written: Done | null, { what, undo, then }: Options): void {
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
        <Text>{then ?? told(written)}</Text>
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

/** Nothing of what was no write of an entity: a test that was sent, a run that was asked for. */
function told(written: Done | null): string {
  if (written === null) return "";
  return written.propagation === undefined ? "Saved." : arrival(written.propagation);
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

export function announceRequest(change: number): void {
  announce(null, {
    what: `Asked for approval: change request ${change}`,
    then: "It is applied when others have agreed.",
  });
}

/** What a write was refused for, where no form stands that could show it. What others have to agree to can be asked for. */
export function announceProblem(thrown: unknown, what?: string): void {
  const problem = asProblem(thrown);
  const asking = askingOf(problem);
  const id = `problem-${number++}`;
  const request = problem.requestId === null ? "" : ` (request ${problem.requestId})`;
  notifications.show({
    id,
    title: what ?? (asking === null ? problem.title : "It needs approval"),
    message:
      asking === null ? (
        <Sentence text={`${sentence(problem)}${request}`} />
      ) : (
        <Group justify="space-between" wrap="nowrap" gap="sm">
          <Text>
            <Sentence text={sentence(problem)} />
          </Text>
          <Button size="compact-sm" flex="none" variant="default" onClick={() => void askFor(id, asking)}>
            Request approval
          </Button>
        </Group>
      ),
    color: asking === null ? "red" : "yellow",
    autoClose: 12_000,
    withBorder: true,
    role: "alert",
    closeButtonProps: { "aria-label": "Close" },
  });
}

async function askFor(id: string, asking: Asking): Promise<void> {
  notifications.hide(id);
  try {
    announceRequest(await ask(asking));
  } catch (thrown) {
    announceProblem(thrown, "It could not be asked for");
  }
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

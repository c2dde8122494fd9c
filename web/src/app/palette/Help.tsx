import { Modal, Stack, Table, Title } from "@mantine/core";
import { useState } from "react";
import { isHeard, keyLabel } from "@/lib/keyboard";
import { groups } from "../shell/Rail";

type Rows = readonly (readonly [string, string])[];

const EVERYWHERE: Rows = [
  ["mod+k", "Find anything, go anywhere"],
  ["?", "This help"],
  ["u", "Undo what was just done"],
  ["mod+Enter", "Confirm a review"],
  ["Esc", "Close, cancel"],
];

/** Each with whether it does something on the page behind this dialog. */
const HERE: readonly (readonly [string, string, () => boolean])[] = [
  ["/", "Search in this list; ↓ leads to its rows", () => stands("main input[data-page-search]")],
  ["e", "Edit", () => isHeard("e")],
  ["t", "Turn on or off, here", () => isHeard("t")],
  ["mod+s", "Review and save", () => isHeard("mod+s")],
  ["↑ ↓", "Move in a table; Home and End lead to its ends", () => stands("main tr[data-index]")],
  ["Enter", "Open the row", () => stands("main tr[data-index] a")],
  ["Space", "Select the row", () => stands("main tr[data-index] input[type=checkbox]")],
];

const stands = (selector: string): boolean => document.querySelector(selector) !== null;

export default function Help({ onClose }: { readonly onClose: () => void }) {
  const pages = groups.flatMap((group) => group.pages);
  const [here] = useState(() => HERE.filter(([, , works]) => works()).map(([key, what]) => [key, what] as const));
  return (
    <Modal opened onClose={onClose} title="Keyboard" size="lg">
      <Stack>
        {here.length > 0 && <Keys label="On this page" rows={here} />}
        <Keys label="Everywhere" rows={EVERYWHERE} />
        <Keys label="Go to a page" rows={pages.map((page) => [`g ${page.key}`, page.label] as const)} />
      </Stack>
    </Modal>
  );
}

function Keys({ label, rows }: { readonly label: string; readonly rows: Rows }) {
  return (
    <div>
      <Title order={3} mb="xs">
        {label}
      </Title>
      <Table verticalSpacing={4}>
        <Table.Tbody>
          {rows.map(([key, what]) => (
            <Table.Tr key={key}>
              <Table.Td w={120}>
                <kbd>{keyLabel(key)}</kbd>
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

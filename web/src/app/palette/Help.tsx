import { Modal, Stack, Table, Title } from "@mantine/core";
import { keyLabel } from "@/lib/keyboard";
import { groups } from "../shell/Rail";

const GENERAL: readonly (readonly [string, string])[] = [
  ["mod+k", "Find anything, go anywhere"],
  ["/", "Search in this list; ↓ leads to its rows"],
  ["?", "This help"],
  ["e", "Edit"],
  ["t", "Turn on or off, here"],
  ["u", "Undo what was just done"],
  ["mod+s", "Review and save"],
  ["mod+Enter", "Confirm a review"],
  ["↑ ↓", "Move in a table; Home and End lead to its ends"],
  ["Enter", "Open the row"],
  ["Space", "Select the row"],
  ["Esc", "Close, cancel"],
];

export default function Help({ onClose }: { readonly onClose: () => void }) {
  const pages = groups.flatMap((group) => group.pages);
  return (
    <Modal opened onClose={onClose} title="Keyboard" size="lg">
      <Stack>
        <Keys label="Everywhere" rows={GENERAL} />
        <Keys label="Go to a page" rows={pages.map((page) => [`g ${page.key}`, page.label] as const)} />
      </Stack>
    </Modal>
  );
}

function Keys({ label, rows }: { readonly label: string; readonly rows: readonly (readonly [string, string])[] }) {
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

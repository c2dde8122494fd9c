import { Button, Group, Modal } from "@mantine/core";
import { announceProblem } from "@/components/announce";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { absoluteTime } from "@/lib/format";
import { type Asked, useSnapshots, useTakeSnapshot } from "./queries";
import styles from "./results.module.css";

interface Props {
  asked: Asked;
  opened: boolean;
  onClose: () => void;
  onOpen: (snapshot: string) => void;
}

/** Results as they were stored, every hour and on demand. */
export function SnapshotsDialog({ asked, opened, onClose, onOpen }: Props) {
  const snapshots = useSnapshots(asked, opened);
  const take = useTakeSnapshot(asked);
  return (
    <Modal opened={opened} onClose={onClose} title="Snapshots" size="lg">
      <Group justify="space-between" mb="sm">
        <p className={styles.reason}>Results as they were stored: they stay as they are, whatever comes later.</p>
        <Guarded right="experiment:update" environment={asked.environment}>
          {(guard) => (
            <Button
              size="xs"
              loading={take.isPending}
              onClick={() =>
                take.mutate(undefined, { onError: (problem) => announceProblem(problem, "No snapshot was taken") })
              }
              {...guard}
            >
              Take a snapshot now
            </Button>
          )}
        </Guarded>
      </Group>
      <QueryView query={snapshots} part>
        {(list) =>
          list.items.length === 0 ? (
            <p className={styles.reason}>None has been taken yet.</p>
          ) : (
            <table className={styles.table}>
              <thead>
                <tr>
                  <th scope="col">Taken</th>
                  <th scope="col">By</th>
                  <th scope="col">Engine</th>
                  <th scope="col">
                    <span className={styles.hidden}>Open</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((each) => (
                  <tr key={each.id}>
                    <th scope="row">{absoluteTime(each.taken_at)}</th>
                    <td>{each.cause === "scheduled" ? "the clock" : "somebody"}</td>
                    <td>{each.engine_version}</td>
                    <td>
                      <Button
                        size="compact-xs"
                        variant="default"
                        onClick={() => onOpen(each.id)}
                        aria-label={`Open the snapshot of ${absoluteTime(each.taken_at)}`}
                      >
                        Open
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryView>
    </Modal>
  );
}

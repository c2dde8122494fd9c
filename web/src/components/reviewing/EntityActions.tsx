import { ActionIcon, Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Written } from "@/api/clients";
import { Guarded } from "../Guarded";
import { Icon } from "../Icon";
import { ActReview } from "./ActReview";
import { type Act, type How, type Tried, VERBS } from "./acts";

interface Props {
  readonly kind: "config" | "segment" | "metric";
  readonly entity: { readonly key: string; readonly archived: boolean };
  /** What each act means, in a sentence. */
  readonly meaning: Readonly<Record<Act, string>>;
  readonly act: (action: Act, how: How) => Promise<Written<Tried & { readonly version?: number }>>;
  readonly refresh: () => Promise<unknown>;
  /** Where one is once it is deleted. */
  readonly list: string;
  /** Whether it can be deleted while it is in use. */
  readonly deletable?: boolean;
}

/** What is done with an entity as a whole, in the menu beside its name. */
export function EntityActions({ kind, entity, meaning, act, refresh, list, deletable = false }: Props) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  const turn = entity.archived ? "restore" : "archive";
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="More actions">
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Guarded right={`${kind}:archive`}>
            {(guard) => (
              <Menu.Item leftSection={<Icon name="archive" size={16} />} onClick={() => setAsked(turn)} {...guard}>
                {VERBS[turn]} {kind}
              </Menu.Item>
            )}
          </Guarded>
          {(deletable || entity.archived) && (
            <Guarded right={`${kind}:delete`}>
              {(guard) => (
                <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")} {...guard}>
                  {VERBS.delete} {kind}
                </Menu.Item>
              )}
            </Guarded>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ActReview
          entity={kind}
          entityKey={entity.key}
          action={asked}
          document={entity}
          act={(how) => act(asked, how)}
          refresh={refresh}
          {...(asked === "delete" ? { onDone: () => navigate({ to: list }) } : {})}
          onClose={() => setAsked(null)}
        >
          {meaning[asked]}
        </ActReview>
      )}
    </>
  );
}

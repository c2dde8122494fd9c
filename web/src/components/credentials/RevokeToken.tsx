import type { Written } from "@/api/clients";
import { announce } from "../announce";
import { ConfirmDialog } from "../ConfirmDialog";

interface Props {
  /** Null: none is asked about. */
  readonly token: { readonly id: string; readonly name: string } | null;
  readonly onClose: () => void;
  readonly revoke: (id: string) => Promise<Written<unknown>>;
}

export function RevokeToken({ token, onClose, revoke }: Props) {
  return (
    <ConfirmDialog
      opened={token !== null}
      onClose={onClose}
      title="Revoke the token"
      confirm="Revoke the token"
      tone="danger"
      onConfirm={async () => {
        if (token !== null) announce(await revoke(token.id), { what: `Revoked the token ${token.name}` });
      }}
    >
      Whatever uses {token?.name} is refused from the next request on. It can't be taken back.
    </ConfirmDialog>
  );
}

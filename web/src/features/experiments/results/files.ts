/** Files that came with a token, handed on to the browser. */

const REVOKED_AFTER_MILLISECONDS = 60_000;

export function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  revokeLater(link.href);
}

/** A page of its own: it has neither scripts nor our origin's session in reach. */
export function showPage(page: Blob): void {
  const address = URL.createObjectURL(page);
  window.open(address, "_blank", "noopener");
  revokeLater(address);
}

/** The browser reads it once; until then the address has to stay. */
function revokeLater(address: string): void {
  setTimeout(() => URL.revokeObjectURL(address), REVOKED_AFTER_MILLISECONDS);
}

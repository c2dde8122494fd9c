/** What waits for somebody, of this project: filled by the control plane's attention list. */
export function Attention() {
  return null;
}

/** Names at the ends of lines, moved apart so that none covers another. */

export function spread<Label extends { y: number }>(labels: readonly Label[], apart: number): Label[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y).map((each) => ({ ...each }));
  for (let at = 1; at < sorted.length; at++) {
    const above = sorted[at - 1];
    const here = sorted[at];
    if (above && here && here.y - above.y < apart) here.y = above.y + apart;
  }
  return sorted;
}

const PAUSES_MILLISECONDS = [500, 2_000, 5_000, 10_000];

/** A part of a page, read when it is first needed. React keeps a failure for good, so a moment without the server is waited out. */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MILLISECONDS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}

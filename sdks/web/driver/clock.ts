/** The clock on the wall of the driver's process, which can be told to jump. Timers go by the monotonic clock. */

const Shown = Date;
let ahead = 0;

/** Moves it by so many seconds from where it is. */
export function jumpClock(seconds: number): null {
  ahead += seconds * 1000;
  globalThis.Date = class extends Shown {
    constructor(...given: [] | [number | string | Date]) {
      super(...(given.length > 0 ? given : ([Shown.now() + ahead] as const)) as [number]);
    }
    static override now(): number {
      return Shown.now() + ahead;
    }
  } as DateConstructor;
  return null;
}

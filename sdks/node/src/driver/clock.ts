/** The clock on the wall of the driver's process, which can be told to jump. Timers go by the monotonic clock. */

const shown = Date.now.bind(Date);
let ahead = 0;

/** Moves it by so many seconds from where it is. */
export function jumpClock(seconds: number): void {
  ahead += seconds * 1000;
  Date.now = () => shown() + ahead;
}

/** Whether times say something about the pages: a fixed loop takes as long each time, where nobody else uses the machine,
 * and no longer than on the machine that the budgets were set for. */

const TURNS = 12;
const STEPS = 20_000_000;
/** The slowest turn to the fastest one. */
const SPREAD_MAX = 1.3;
const TURN_MILLISECONDS_MAX = 400;

export function isIdle(): boolean {
  const took = Array.from({ length: TURNS }, turn).slice(2);
  const fastest = Math.min(...took);
  return Math.max(...took) / fastest <= SPREAD_MAX && fastest <= TURN_MILLISECONDS_MAX;
}

function turn(): number {
  const began = performance.now();
  let sum = 0;
  for (let step = 0; step < STEPS; step += 1) sum = (sum + step * step) % 1_000_003;
  if (sum < 0) throw new Error("a loop that is left out says nothing");
  return performance.now() - began;
}

const REST_MIN = 5_000;
const REST_MAX = 60_000;
/** The service brings large experiments forward by the same measure. */
const SHARE_OF_TIME = 20;

/** After how many milliseconds results are asked for again: figures come within seconds, where computing them takes none. */
export function restAfter(tookMilliseconds: number | undefined): number {
  return Math.min(Math.max(SHARE_OF_TIME * (tookMilliseconds ?? 0), REST_MIN), REST_MAX);
}

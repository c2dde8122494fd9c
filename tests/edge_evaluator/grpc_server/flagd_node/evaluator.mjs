// Reads groups of a configuration and its cases, and prints which cases flagd's evaluator answers otherwise.
import { readFileSync } from 'node:fs';
import { FlagdCore } from '@openfeature/flagd-core';

const quiet = { error() {}, warn() {}, info() {}, debug() {} };
const differing = [];
for (const { configuration, cases } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const core = new FlagdCore(undefined, quiet);
  core.setConfigurations(JSON.stringify(configuration));
  for (const each of cases) {
    const boolean = typeof Object.values(configuration.flags[each.flag].variants)[0] === 'boolean';
    const told = boolean
      ? core.resolveBooleanEvaluation(each.flag, true, each.context, quiet)
      : core.resolveStringEvaluation(each.flag, 'default', each.context, quiet);
    if (told.variant !== each.variant) {
      differing.push({ ...each, told: told.variant ?? told.errorMessage ?? null });
    }
  }
}
console.log(JSON.stringify(differing));

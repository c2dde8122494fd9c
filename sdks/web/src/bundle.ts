/** All in one file, for pages without a bundler. */

export * from './index.js';
export * from './openfeature.js';

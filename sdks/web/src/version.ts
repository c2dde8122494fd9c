/** How this SDK names itself to the edge. */
export const SDK = 'web/0.1.0';

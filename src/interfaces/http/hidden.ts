/** Stands for what no answer shows. */
export const HIDDEN = '***' as const;

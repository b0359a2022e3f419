/** What the process says when it ends, as sysexits.h has it; ConfigError carries 78 itself. */
export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 64;

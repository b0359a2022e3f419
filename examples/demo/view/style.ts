const CODES = { plain: '', bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;

export type Style = keyof typeof CODES;
export type Span = readonly [style: Style, text: string];
export type Line = readonly Span[];

/** The line in at most `width` columns. Every character here takes one. */
export function paint(line: Line, width: number, color: boolean): string {
  let left = width;
  let painted = '';
  for (const [style, text] of line) {
    const shown = text.slice(0, left);
    left -= shown.length;
    const code = CODES[style];
    painted += color && code !== '' && shown !== '' ? `\x1b[${code}m${shown}\x1b[0m` : shown;
  }
  return painted;
}

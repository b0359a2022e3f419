import { CONFIG_KEYS } from '../../application/config-keys.js';
import type { LoadedConfig } from '../../application/config.js';

/** Longer values push their origin out of its column. */
const COLUMN_MAX = 50;

/** The effective configuration, but for what is secret, as a TOML file whose comments say where each value comes from. */
export function describeConfig({ config, origins }: LoadedConfig): string {
  const settings = CONFIG_KEYS.map((key) => {
    const [table = '', ...names] = key.name.split('.');
    const name = names.join('.');
    const value = key.formatOf(config);
    const text = value === null ? `# ${name} is not set` : `${key.type.secret ? '# ' : ''}${name} = ${value}`;
    return { table, text, origin: origins.get(key.name) ?? 'default' };
  });
  const column = Math.max(
    0,
    ...settings.map(({ text }) => text.length).filter((length) => length <= COLUMN_MAX),
  );
  const lines: string[] = [];
  let heading = '';
  for (const { table, text, origin } of settings) {
    if (table !== heading) lines.push(...(heading === '' ? [] : ['']), `[${table}]`);
    heading = table;
    lines.push(`${text.padEnd(column)}  # ${origin}`);
  }
  return `${lines.join('\n')}\n`;
}

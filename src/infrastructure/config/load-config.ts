import { CONFIG_KEYS, configFrom, type ConfigKey } from '../../application/config-keys.js';
import {
  ConfigError,
  DEFAULT_CONFIG,
  type ConfigFlags,
  type ConfigSources,
  type LoadedConfig,
} from '../../application/config.js';
import { fromEnvironment } from './environment-source.js';
import type { Given, GivenByKey } from './given.js';
import { fromFile } from './toml-source.js';

/**
 * The effective configuration: flags over environment over file over defaults. Every value that a source gives is
 * checked, even if another source overrides it.
 * @throws ConfigError
 */
export function loadConfig({ flags, env, cwd }: ConfigSources): LoadedConfig {
  // The strongest last.
  const sources = [fromFile(flags['--config'], cwd), fromEnvironment(env, cwd), fromFlags(flags)];
  const origins = new Map<string, string>();
  const secretFiles = new Set<string>();
  const config = configFrom((key) => {
    let value = key.of(DEFAULT_CONFIG);
    origins.set(key.name, 'default');
    for (const source of sources) {
      const given = source.get(key.name);
      if (given === undefined) continue;
      value = accepted(key, given);
      origins.set(key.name, given.origin);
      if (key.type.secret && given.file !== undefined) secretFiles.add(given.file);
    }
    return value;
  });
  return { config, origins, secretFiles: [...secretFiles] };
}

function fromFlags(flags: ConfigFlags): GivenByKey {
  const given = new Map<string, Given>();
  for (const { name, flag, type } of CONFIG_KEYS) {
    const text = flag === null ? undefined : flags[flag];
    if (flag === null || text === undefined) continue;
    given.set(name, { value: type.fromText(text), subject: flag, origin: `flag ${flag}` });
  }
  return given;
}

function accepted<T>({ type }: ConfigKey<T>, { value, subject }: Given): T {
  const checked = type.accept(value);
  if (checked === undefined) throw new ConfigError(`${subject} ${type.refusal(value)}`);
  return checked;
}

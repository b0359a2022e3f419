import type { KeyObject } from 'node:crypto';
import { ConfigError, type ConfigSources, type LoadedConfig } from '../../application/config.js';
import { StartupError } from '../../application/errors.js';
import { parseCommandLine, type CommandName, type Terminal } from './command-line.js';
import { describeConfig } from './describe-config.js';
import { describeKeyPair, describeSecret } from './describe-secret.js';
import { describeToken } from './describe-token.js';
import { EXIT_FAILURE, EXIT_OK } from './exit-codes.js';

export interface CliDependencies extends Terminal {
  /** Of mininq, such as "0.1.0". */
  readonly version: string;
  readonly env: ConfigSources['env'];
  readonly cwd: string;
  /** Throws ConfigError. */
  readonly loadConfig: (sources: ConfigSources) => LoadedConfig;
  /**
   * Runs until the process is told to stop. Resolves with the exit code; rejects with StartupError.
   * @param reload makes the configuration anew, from what its sources have now. Throws ConfigError.
   */
  readonly serve: (loaded: LoadedConfig, reload: () => LoadedConfig) => Promise<number>;
  /** Random, with 256 bits, for a place of its own in a file: no character of it needs to be quoted. */
  readonly makeToken: () => string;
  /** 32 random bytes. */
  readonly makeSecret: () => Buffer;
  /** @returns a private key of ed25519 */
  readonly makeKey: () => KeyObject;
}

/**
 * Does what the command line says. What the user has to mend is said in one line on stderr; any other error is a
 * defect, and rejects.
 * @param argv what follows the name of the program
 * @returns the exit code of the process
 */
export async function runCli(argv: readonly string[], cli: CliDependencies): Promise<number> {
  const line = parseCommandLine(argv, cli.version, cli);
  if (line.command === null) return line.exitCode;
  const made = makeFor(line.command, cli);
  if (made !== null) {
    cli.stdout(made);
    return EXIT_OK;
  }
  const load = (): LoadedConfig => cli.loadConfig({ flags: line.flags, env: cli.env, cwd: cli.cwd });
  try {
    const loaded = load();
    if (line.command === 'serve') return await cli.serve(loaded, load);
    cli.stdout(describeConfig(loaded));
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    cli.stderr(`mininq: ${error.message}\n`);
    return error instanceof ConfigError ? error.exitCode : EXIT_FAILURE;
  }
}

/** What a command prints that makes something new, whatever the configuration; null for other commands. */
function makeFor(command: CommandName, cli: CliDependencies): string | null {
  switch (command) {
    case 'token':
      return describeToken(cli.makeToken());
    case 'secret':
      return describeSecret(cli.makeSecret());
    case 'secret --ed25519':
      return describeKeyPair(cli.makeKey());
    case 'serve':
    case 'check':
      return null;
  }
}

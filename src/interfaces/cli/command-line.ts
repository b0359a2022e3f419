import { Command, CommanderError, Option } from 'commander';
import { FLAG_NAMES, type ConfigFlags, type FlagName } from '../../application/config.js';
import { didYouMean } from '../../application/did-you-mean.js';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.js';

export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** What the user asked for: a command to be run, or something that is done already (help, version, or a refusal). */
export type CommandLine =
  | { readonly command: CommandName; readonly flags: ConfigFlags }
  | { readonly command: null; readonly exitCode: number };

const COMMANDS = {
  serve: 'Run the server and its worker; what mininq does without a command',
  check: 'Check the configuration as serve would, and print every value with its origin',
  token: 'Make a token by which clients are let in, and print it with its digest',
  secret: 'Make a secret that signs webhooks',
} as const;
export type CommandName = keyof typeof COMMANDS | 'secret --ed25519';

const OPTIONS: Readonly<Record<FlagName, readonly [syntax: string, description: string]>> = {
  '--config': ['-c, --config <PATH>', 'Path to config file [default: mininq.toml]'],
  '--host': ['--host <HOST>', 'Server host (overrides config)'],
  '--port': ['--port <PORT>', 'Server port (overrides config)'],
  '--db-path': ['--db-path <PATH>', 'Database path (overrides config)'],
  '--log-level': ['--log-level <LEVEL>', 'Log level (overrides config)'],
};

const AFTER_HELP = `
Flags override environment variables (MININQ_PORT, MININQ_WORKER_CONCURRENCY, ...), which override the config file.
docs/configuration.md describes every setting; "mininq check" prints those in effect.`;

/** @param argv what follows the name of the program */
export function parseCommandLine(argv: readonly string[], version: string, terminal: Terminal): CommandLine {
  let command: CommandName = 'serve';
  const options = FLAG_NAMES.map((flag) => ({ flag, option: new Option(...OPTIONS[flag]) }));
  const program = bareProgram(version, terminal);
  for (const { option } of options) program.addOption(option);
  addCommands(program, (name) => (command = name));
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: null, exitCode: error.exitCode === 0 ? EXIT_OK : EXIT_USAGE };
  }
  const flags: Partial<Record<FlagName, string>> = {};
  for (const { flag, option } of options) {
    const value: unknown = program.getOptionValue(option.attributeName());
    if (typeof value === 'string') flags[flag] = value;
  }
  return { command, flags };
}

function bareProgram(version: string, terminal: Terminal): Command {
  return new Command('mininq')
    .description('A background-job runner in one process and one SQLite file.')
    .version(`mininq ${version}`, '-V, --version', 'Print version')
    .helpOption('-h, --help', 'Print help')
    .helpCommand('help [command]', 'Print help')
    .addHelpText('afterAll', AFTER_HELP)
    .configureHelp({ showGlobalOptions: true, helpWidth: 120 })
    .configureOutput({
      writeOut: terminal.stdout,
      writeErr: terminal.stderr,
      outputError: (message) => terminal.stderr(`mininq: ${oneLine(message)}; see mininq --help\n`),
    })
    .exitOverride();
}

function addCommands(program: Command, choose: (name: CommandName) => void): void {
  for (const name of ['serve', 'check', 'token'] as const) {
    program
      .command(name)
      .description(COMMANDS[name])
      .action(() => choose(name));
  }
  program
    .command('secret')
    .description(COMMANDS.secret)
    .option('--ed25519', 'Make a private and a public key in its place')
    .action(({ ed25519 }: { ed25519?: true }) => choose(ed25519 ? 'secret --ed25519' : 'secret'));
  // Without a known command, the operands come here.
  program.allowExcessArguments().action(() => {
    const [unknown] = program.args;
    if (unknown === undefined) return;
    const meant = didYouMean(unknown, Object.keys(COMMANDS));
    program.error(`unknown command '${unknown}'${meant === null ? '' : ` (Did you mean ${meant}?)`}`);
  });
}

/** commander's messages begin with "error: ", and may go on on a second line or repeat what the user typed. */
function oneLine(message: string): string {
  return message
    .trim()
    .replace(/^error: /, '')
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/\.$/, '');
}

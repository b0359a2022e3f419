import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished } from 'vitest';

/** Where distributions put it; CHROMIUM names another place. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executable = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

/** Its own services would call home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A tab, and all that went wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Errors of the console and of scripts, reports of the Content-Security-Policy, and requests to other origins. */
  readonly problems: string[];
}

export interface TabOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly javaScript?: boolean;
  /** The token that the browser sends by itself, once it is asked for one. */
  readonly token?: string;
  /** Problems that belong to the test, such as a connection that the server closed. */
  readonly expected?: RegExp;
}

/** Opens a tab in a profile of its own. */
export type OpenTab = (origin: string, options?: TabOptions) => Promise<Tab>;

/**
 * Tests in real Chromium. Without one they are skipped, which is said loudly; where CI is set they have to run. A test
 * fails when its tabs had a problem.
 */
export function describeInBrowser(name: string, tests: (open: OpenTab) => void): void {
  if (executable === undefined) {
    const reason = `${name}: no Chromium at ${PLACES.join(', ')} or $CHROMIUM`;
    if (process.env['CI']) throw new Error(`${reason}; it has to be there in CI`);
    process.stderr.write(`\nSKIPPED ${reason}\n`);
    // eslint-disable-next-line @typescript-eslint/no-empty-function -- It is there to be counted as skipped.
    describe.skip(`${name} (no Chromium)`, () => {});
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    const contexts: BrowserContext[] = [];
    /** What goes wrong in a tab because it is closed is no problem of the test. */
    const closing: (() => void)[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executable, args: FLAGS });
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) close();
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    });
    afterAll(() => browser?.close());

    tests(async (origin, options = {}) => {
      const { width = 1280, height = 900, dark = false, javaScript = true, token, expected } = options;
      if (!browser) throw new Error('the browser has not started');
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        javaScriptEnabled: javaScript,
        ...(token !== undefined && { httpCredentials: { username: 'browser', password: token } }),
      });
      contexts.push(context);
      const tab = { page: await context.newPage(), problems: new Array<string>() };
      await watch(context, tab, new URL(origin).origin);
      let unexpected: string[] = [];
      closing.push(() => {
        unexpected = tab.problems.filter((problem) => expected?.test(problem) !== true);
      });
      // After all clean-up: a hook that throws would keep the hooks after it from running.
      onTestFinished(() => {
        expect(unexpected).toEqual([]);
      });
      return tab;
    });
  });
}

async function watch(context: BrowserContext, { page, problems }: Tab, origin: string): Promise<void> {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      problems.push(`${message.text()} ${message.location().url}`);
    }
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => undefined);
  });
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`a request to ${request.url()}`);
  });
  await page.addInitScript({ content: REPORT_VIOLATIONS });
}

const REPORT_VIOLATIONS = `
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error('CSP report: ' + violatedDirective + ' ' + blockedURI);
  });
`;

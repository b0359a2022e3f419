import type { Job } from '../api.js';
import type { Act, Mood } from '../stage.js';

/** What the demo runs on. */
export interface Setting {
  readonly serverUrl: string;
  readonly serverPid: number | undefined;
  readonly receiverUrl: string;
  readonly acts: number;
  readonly jobs: () => Promise<readonly Job[]>;
}

/** How the story is shown. Every text is at most 80 columns with what the view adds. */
export interface View {
  readonly begin: (setting: Setting) => void;
  readonly act: (number: number, act: Act) => void;
  readonly event: (text: string, mood?: Mood) => void;
  readonly outcome: (text: string) => void;
  /** Shows the last state, and ends the showing. */
  readonly end: () => Promise<void>;
}

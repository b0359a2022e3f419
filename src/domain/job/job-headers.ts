/** The header fields that a job adds to its deliveries: values by name, as it is written on the wire. */
export type JobHeaders = Readonly<Record<string, string>>;

const NO_HEADERS: JobHeaders = {};

/** @returns JSON text, as a job keeps them; null: none */
export function formatJobHeaders(headers: JobHeaders): string | null {
  return Object.keys(headers).length === 0 ? null : JSON.stringify(headers);
}

/** @param text made by {@link formatJobHeaders} */
export function parseJobHeaders(text: string | null): JobHeaders {
  return text === null ? NO_HEADERS : (JSON.parse(text) as JobHeaders);
}

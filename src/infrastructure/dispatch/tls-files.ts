import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from '../../application/config.js';
import { plain, shorten } from '../../application/printable.js';
import { parseEgressEntry, type EgressEntry } from '../../domain/egress/egress-policy.js';

/** What [egress.tls] names, in PEM. */
export interface TlsMaterial {
  /** Authorities that are trusted beside Node's own. */
  readonly ca: string | null;
  /** The first that fits a host counts. */
  readonly hosts: readonly HostTlsMaterial[];
}

export interface HostTlsMaterial {
  readonly host: EgressEntry;
  /** The only authorities that are trusted there; null: those of all hosts. */
  readonly ca: string | null;
  /** What mininq shows there. */
  readonly client: { readonly cert: string; readonly key: string } | null;
}

/**
 * Reads the files that the settings name; relative paths start in the working directory.
 * @throws ConfigError that names the key, when a file cannot be read or is not what it should be
 */
export function readTlsFiles({ ca, hosts }: Config['egress']['tls']): TlsMaterial {
  return {
    ca: ca === null ? null : readCertificates('egress.tls.ca', ca),
    hosts: hosts.map((settings, at) => {
      const place = `egress.tls.hosts: item ${at + 1} (${settings.host})`;
      const host = parseEgressEntry(settings.host);
      if (host === null) throw new ConfigError(`${place}: its host is none`);
      const own = settings.ca === null ? null : readCertificates(`${place}: ca`, settings.ca);
      return { host, ca: own, client: readClient(place, settings) };
    }),
  };
}

function readClient(
  place: string,
  { cert, key }: { readonly cert: string | null; readonly key: string | null },
): HostTlsMaterial['client'] {
  if (cert === null || key === null) return null;
  const client = { cert: readCertificates(`${place}: cert`, cert), key: read(`${place}: key`, key) };
  const problem = (what: string): ConfigError =>
    new ConfigError(`${place}: key: ${plain(shorten(key))}: ${what}`);
  let privateKey;
  try {
    privateKey = createPrivateKey(client.key);
  } catch {
    throw problem('is no private key in PEM, or needs a passphrase; store it without one');
  }
  if (!new X509Certificate(client.cert).checkPrivateKey(privateKey)) {
    throw problem('is not the key of the first certificate of cert');
  }
  return client;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/** OpenSSL passes over what it cannot read, and would trust less, or nobody, without a word. */
function readCertificates(place: string, path: string): string {
  const text = read(place, path);
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    throw new ConfigError(`${place}: ${plain(shorten(path))}: holds a certificate that cannot be read`);
  }
  if (certificates.length > 0) return text;
  throw new ConfigError(`${place}: ${plain(shorten(path))}: holds no certificate in PEM`);
}

function read(place: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError(
      `${place}: ${plain(shorten(path))}: ${UNREADABLE[code] ?? `cannot be read (${code})`}`,
    );
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a directory; name a file in PEM',
  EACCES: 'permission denied; make the file readable for this user',
};

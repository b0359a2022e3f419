import { TlsContexts } from '../../src/infrastructure/dispatch/tls-contexts.js';

/** Who trusts this authority beside the well-known ones. */
export function trusting(ca: string): TlsContexts {
  return new TlsContexts({ ca, hosts: [] });
}

/**
 * A self-signed certificate for localhost and hook.test that is valid until 2120, one of the same key that was valid on
 * 2020-01-01 only, and that key. They protect nothing.
 */
export const TLS_FIXTURE = {
  key: `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIFXysc7UCjSapJaEopw6uwIUute7gsR3IgrDV9AN70GVoAoGCCqGSM49
AwEHoUQDQgAE31Zm6sB1RT/hOGmuJZEy80WmdEViLh19VtPNhrAouA6lE0BzOMMH
4y4ktTALey1W2Xu1SQbsUvamhqh49fa8Lg==
-----END EC PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBcDCCARagAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAttaW5pbnEg
dGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIGA1UE
AwwLbWluaW5xIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATfVmbqwHVF
P+E4aa4lkTLzRaZ0RWIuHX1W082GsCi4DqUTQHM4wwfjLiS1MAt7LVbZe7VJBuxS
9qaGqHj19rwuo1MwUTAfBgNVHREEGDAWgglsb2NhbGhvc3SCCWhvb2sudGVzdDAP
BgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBQ3k3opO9ImR6l2WX/xC/hwmIAALjAK
BggqhkjOPQQDAgNIADBFAiArxIgWAneqaLmid3EkVQbScYs4zmCmYH3eXOzZr6Ag
SQIhANQmZEjw5Oj4eH6iuraB588qPlMDcNr3dLdMnstQ5NRo
-----END CERTIFICATE-----
`,
  expiredCert: `-----BEGIN CERTIFICATE-----
MIIBbjCCARSgAwIBAgIBAjAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAttaW5pbnEg
dGVzdDAeFw0yMDAxMDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBYxFDASBgNVBAMM
C21pbmlucSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE31Zm6sB1RT/h
OGmuJZEy80WmdEViLh19VtPNhrAouA6lE0BzOMMH4y4ktTALey1W2Xu1SQbsUvam
hqh49fa8LqNTMFEwHwYDVR0RBBgwFoIJbG9jYWxob3N0gglob29rLnRlc3QwDwYD
VR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUN5N6KTvSJkepdll/8Qv4cJiAAC4wCgYI
KoZIzj0EAwIDSAAwRQIhAMeLT0MwaD9ptqw7rG9aXwErb2KTSNN59z2xbNmC5lfh
AiAeS3AG4EQsyWQNCCXZxeNjE/CDmhlYs2B/K6eu3zd34g==
-----END CERTIFICATE-----
`,
};

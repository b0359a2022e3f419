/*
 * For those who receive deliveries: mininq/webhooks. It is apart from all the rest of mininq, has no dependency, and uses
 * nothing but what browsers have: it runs in Node.js, Deno, Bun and at the edge.
 */
export { verifyWebhook } from './verify-webhook.js';
export type { RawBody, VerifyOptions, WebhookDelivery, WebhookHeaders } from './verify-webhook.js';
export type { WebhookSecrets } from './verification-keys.js';
export { WebhookVerificationError } from './webhook-verification-error.js';
export type { WebhookMisuse, WebhookRefusal } from './webhook-verification-error.js';
export { expressWebhook, fastifyWebhook, fetchWebhook, honoWebhook } from './webhook-handlers.js';
export type { WebhookHandlerOptions, WebhookWork } from './webhook-handlers.js';

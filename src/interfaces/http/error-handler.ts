import { StoreFailedError, StoreUnavailableError, type Refusal } from '../../application/errors.js';
import type { Logger } from '../../application/ports/logger.js';
import { shorten } from '../../application/printable.js';
import { sendError } from './error-response.js';
import { pathOf, type HttpRequest, type HttpResponse } from './http-types.js';

/** Logs what was thrown, and answers without saying more of it than the client can use. */
export function errorHandler(logger: Logger) {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters.
  return (error: unknown, request: HttpRequest, response: HttpResponse, _next?: () => void): void => {
    log(logger, error, request, response.locals.requestId);
    if (response.headersSent) response.destroy();
    else sendError(response, refusalOf(error));
  };
}

function log(logger: Logger, error: unknown, request: HttpRequest, requestId: string): void {
  // Why a store failed for good was logged when it did.
  if (isMalformedPath(error) || error instanceof StoreFailedError) return;
  const about = { request_id: requestId, method: request.method, path: shorten(pathOf(request)) };
  if (error instanceof StoreUnavailableError) {
    logger.warn('store unavailable', { ...about, error: error.message });
  } else {
    logger.error('a request failed', about, error);
  }
}

function refusalOf(error: unknown): Refusal {
  if (isMalformedPath(error)) {
    return {
      code: 'validation_failed',
      message: 'The path has a "%" that begins no escape; write it as %25',
    };
  }
  if (error instanceof StoreFailedError) return { code: 'store_unavailable', message: error.message };
  if (error instanceof StoreUnavailableError) {
    return { code: 'store_unavailable', message: 'The store is unavailable; try again in a second' };
  }
  return {
    code: 'internal_error',
    message: 'Something went wrong; the log has more under the request_id',
  };
}

/** Express marks the URIError of a path parameter with the status; nobody else does. */
function isMalformedPath(error: unknown): boolean {
  return error instanceof URIError && 'status' in error;
}

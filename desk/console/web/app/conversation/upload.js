// Attachments on their way up, with progress.

import { ApiError, chosenBot } from '../lib/api.js';

/** The largest attachment, in bytes. */
export const MAX_ATTACHMENT = 16 << 20;

/** What was uploaded from this page, to show while it is being sent: addresses by hash. */
export const previews = new Map();

/**
 * Uploads a file and resolves with its handoff.Media.
 *
 * @param {File} file
 * @param {(share: number) => void} progress called with 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export function upload(file, progress, signal) {
  return new Promise((resolve, reject) => {
    if (file.size > MAX_ATTACHMENT) {
      reject(new ApiError({ status: 413, code: 'too_large' }));
      return;
    }
    const request = new XMLHttpRequest();
    request.open('POST', 'api/v1/attachments');
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Handoff-Upload', '1');
    request.setRequestHeader('Handoff-Filename', encodeURIComponent(file.name));
    if (chosenBot()) request.setRequestHeader('Handoff-Bot', chosenBot());
    request.upload.addEventListener('progress', (e) => e.lengthComputable && progress(e.loaded / e.total));
    request.addEventListener('load', () => {
      if (request.status === 201 && request.response) {
        previews.set(request.response.sha256, URL.createObjectURL(file));
        resolve(request.response);
      } else reject(new ApiError({ status: request.status, title: request.statusText, ...request.response }));
    });
    request.addEventListener('error', () => reject(new ApiError({ code: 'offline' })));
    request.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** The kind of message that carries a file. */
export function kindOf(type = '') {
  const [family, name] = type.split('/');
  if (family === 'image' && ['png', 'jpeg', 'gif', 'webp'].includes(name)) return 'image';
  return family === 'audio' || family === 'video' ? family : 'document';
}

// Batch readers with words of their own, xAI's and Gemini's, as strict as what is published of them. The last request of a
// file fails; every other one is answered.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectedAnswer } from './mock';
import { asResponse, REFUSAL, type Reader } from './batch_reader';

export interface OwnKind {
  name: 'xAI' | 'Gemini';
  host: string;
  keyName: string;
  keyHeader: (key: string) => [name: string, value: string];
  /** What the lines say of the job's end. */
  ended: string;
}

export const OWN_READERS: OwnKind[] = [
  {
    name: 'xAI', host: 'https://api.x.ai', keyName: 'XAI_API_KEY', keyHeader: key => ['authorization', `Bearer ${key}`],
    ended: '{"num_requests":44,"num_pending":0,"num_success":43,"num_error":1}',
  },
  {
    name: 'Gemini', host: 'https://generativelanguage.googleapis.com', keyName: 'GEMINI_API_KEY',
    keyHeader: key => ['x-goog-api-key', key], ended: 'BATCH_STATE_SUCCEEDED',
  },
];

/** Results that xAI gives at once here; 1,000 are asked for. */
const PAGE_ROWS = 20;

export async function startOwnReader(kind: OwnKind, key: string, model: string, system: string): Promise<Reader> {
  const reader: Reader = { address: '', faults: [], requests: 0, close: () => server.close() };
  const [keyName, keyValue] = kind.keyHeader(key);
  let [file, looks] = ['', 0];
  const isSame = (what: string, came: unknown, wanted: unknown) => {
    const [one, other] = [JSON.stringify(came), JSON.stringify(wanted)];
    if (one !== other) reader.faults.push(`${what}: ${one} instead of ${other}`);
  };
  const rows = () => file.trimEnd().split('\n').map((text, at, all) => {
    const { custom_id, body, ...rest } = JSON.parse(text);
    isSame('a line', rest, { method: 'POST', url: '/v1/chat/completions' });
    isSame('its model', body.model, model);
    const content = expectedAnswer(system, body.messages.at(-1).content);
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
    return { custom_id, failed: at === all.length - 1, choices };
  });
  const xai = async (way: string, request: IncomingMessage): Promise<[number, unknown]> => {
    const [path, query] = way.split('?');
    switch (path) {
      case 'POST /v1/files': {
        const form = await asResponse(request).formData();
        file = await (form.get('file') as File).text();
        return [200, { id: 'f-in' }];
      }
      case 'POST /v1/batches': {
        const { name, ...job } = await asResponse(request).json() as { name: string };
        isSame('the job', job, { input_file_id: 'f-in' });
        isSame('its name', typeof name, 'string');
        return [200, { batch_id: 'b-1', name }];
      }
      case 'GET /v1/batches/b-1': {
        const all = rows().length;
        const state = looks++ === 0 ? { num_requests: all, num_pending: all }
          : { num_requests: all, num_pending: 0, num_success: all - 1, num_error: 1 };
        return [200, { batch_id: 'b-1', state }];
      }
      case 'GET /v1/batches/b-1/results': {
        const asked = new URLSearchParams(query);
        isSame('the limit', asked.get('limit'), '1000');
        const from = Number((asked.get('pagination_token') ?? '0&').slice(0, -1));
        const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
        const results = rows().slice(from, from + PAGE_ROWS).map(({ custom_id, failed, choices }) => ({
          batch_request_id: custom_id,
          batch_result: failed ? { error: { code: 400, message: 'This row is refused.' } }
            : { response: { chat_get_completion: { id: 'c', model, choices, usage } } },
        }));
        // The token has a letter that an address gives another meaning.
        const more = from + PAGE_ROWS < rows().length;
        return [200, { results, pagination_token: more ? `${from + PAGE_ROWS}&` : null }];
      }
    }
    return unknown(way);
  };
  const gemini = async (way: string, request: IncomingMessage, response: ServerResponse): Promise<[number, unknown]> => {
    switch (way) {
      case 'POST /upload/v1beta/files':
        isSame('the command', request.headers['x-goog-upload-command'], 'start');
        isSame('the protocol', request.headers['x-goog-upload-protocol'], 'resumable');
        response.setHeader('X-Goog-Upload-URL', `${reader.address}/upload/here?upload_id=1&x=2`);
        file = `${request.headers['x-goog-upload-header-content-length']}`;
        return [200, ''];
      case 'POST /upload/here?upload_id=1&x=2': {
        isSame('the command', request.headers['x-goog-upload-command'], 'upload, finalize');
        const announced = file;
        file = await asResponse(request).text();
        isSame('the length', `${Buffer.byteLength(file)}`, announced);
        return [200, { file: { name: 'files/f-in' } }];
      }
      case `POST /v1beta/models/${encodeURIComponent(model).replaceAll('\'', '%27')}:batchGenerateContent`: {
        const { batch } = await asResponse(request).json() as { batch: { input_config: unknown } };
        isSame('the job', batch.input_config, { file_name: 'files/f-in' });
        return [200, { name: 'batches/b-1', metadata: { state: 'BATCH_STATE_PENDING' } }];
      }
      case 'GET /v1beta/batches/b-1': {
        const state = looks++ === 0 ? 'BATCH_STATE_RUNNING' : 'BATCH_STATE_SUCCEEDED';
        return [200, { name: 'batches/b-1', metadata: { state, output: { responsesFile: 'files/f-out' } } }];
      }
      case 'GET /download/v1beta/files/f-out:download?alt=media': {
        const usage = { promptTokens: 20, completionTokens: 5, totalTokens: 25 };
        return [200, rows().map(({ custom_id, failed, choices }) => JSON.stringify({
          custom_id, response: failed ? { status_code: 400, body: { error: { message: 'This row is refused.' } } }
            : { status_code: 200, body: { id: 'c', model, choices, usage } },
        })).join('\n')];
      }
    }
    return unknown(way);
  };
  const unknown = (way: string): [number, unknown] => {
    reader.faults.push(way);
    return [404, { error: { message: `No ${way} here.` } }];
  };
  const server = createServer(async (request, response) => {
    reader.requests++;
    const way = `${request.method} ${request.url}`;
    // The address of an upload stands for the key.
    const isKnown = request.headers[keyName] === keyValue || way.startsWith('POST /upload/here');
    const [status, body] = !isKnown ? [401, { error: { message: REFUSAL } }]
      : await (kind.name === 'xAI' ? xai(way, request) : gemini(way, request, response));
    response.writeHead(status as number).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  reader.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return reader;
}

// The batch readers that the simulated provider doesn't play: each as strict as its documentation, and with one look at
// the job before it is done. The last request of a file fails; every other one is answered.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectedAnswer } from './mock';

export interface ReaderKind {
  name: string;
  /** What the shell lines call; the reader stands in for its host. */
  host: string;
  keyName: string;
  base: string;
  upload: string;
  jobs: string;
  /** The form's fields beside the file. */
  form: (file: string) => Record<string, string>;
  job: (file: string, model: string) => unknown;
  /** What a request has beside `custom_id` and `body`. */
  line: Record<string, unknown>;
  created: (id: string) => unknown;
  running: string;
  done: string;
  outputs: [answers: string, errors: string];
}

const openAiJob = (file: string) => ({ input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' });

export const READERS: ReaderKind[] = [
  {
    name: 'Mistral', host: 'https://api.mistral.ai', keyName: 'MISTRAL_API_KEY', base: '/v1',
    upload: '/files', jobs: '/batch/jobs', form: () => ({ purpose: 'batch' }), line: {},
    job: (file, model) => ({ input_files: [file], endpoint: '/v1/chat/completions', model }),
    created: id => ({ id, object: 'batch', status: 'QUEUED', errors: [] }),
    running: 'RUNNING', done: 'SUCCESS', outputs: ['output_file', 'error_file'],
  },
  {
    name: 'Groq', host: 'https://api.groq.com', keyName: 'GROQ_API_KEY', base: '/openai/v1',
    upload: '/files', jobs: '/batches', form: () => ({ purpose: 'batch' }),
    line: { method: 'POST', url: '/v1/chat/completions' }, job: openAiJob,
    created: id => ({ id, object: 'batch', status: 'validating', errors: null }),
    running: 'in_progress', done: 'completed', outputs: ['output_file_id', 'error_file_id'],
  },
  {
    name: 'Together', host: 'https://api.together.xyz', keyName: 'TOGETHER_API_KEY', base: '/v1',
    upload: '/files/upload', jobs: '/batches', form: file => ({ purpose: 'batch-api', file_name: file }),
    line: {}, job: openAiJob, created: id => ({ job: { id, status: 'VALIDATING' }, warning: '' }),
    running: 'IN_PROGRESS', done: 'COMPLETED', outputs: ['output_file_id', 'error_file_id'],
  },
];

export const REFUSAL = 'The key is not one of ours.';

export interface Reader {
  address: string;
  /** What came that the documentation doesn't allow. */
  faults: string[];
  requests: number;
  close: () => void;
}

export async function startReader(kind: ReaderKind, key: string, model: string, system: string): Promise<Reader> {
  const reader: Reader = { address: '', faults: [], requests: 0, close: () => server.close() };
  const files = new Map<string, string>();
  let looks = 0;
  const isSame = (what: string, came: unknown, wanted: unknown) => {
    const [one, other] = [JSON.stringify(came), JSON.stringify(wanted)];
    if (one !== other) reader.faults.push(`${what}: ${one} instead of ${other}`);
  };
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    if (request.headers.authorization !== `Bearer ${key}`) return [401, { error: { message: REFUSAL } }];
    const path = `${request.url}`.slice(kind.base.length);
    const way = `${request.method} ${path}`;
    if (way === `POST ${kind.upload}`) {
      const { file, ...fields } = Object.fromEntries(await asResponse(request).formData()) as { file: File };
      isSame('the form', fields, kind.form(file.name));
      files.set('f-in', await file.text());
      return [200, { id: 'f-in', object: 'file' }];
    }
    if (way === `POST ${kind.jobs}`) {
      isSame('the content type', request.headers['content-type'], 'application/json');
      isSame('the job', await asResponse(request).json(), kind.job('f-in', model));
      carryOut();
      return [200, kind.created('job-1')];
    }
    if (way === `GET ${kind.jobs}/job-1`) {
      const status = looks++ === 0 ? kind.running : kind.done;
      const [answers, errors] = kind.outputs;
      return [200, { id: 'job-1', status, ...(status === kind.done && { [answers]: 'f-out', [errors]: 'f-err' }) }];
    }
    const file = /^GET \/files\/(f-out|f-err)\/content$/.exec(way)?.[1];
    if (file) return [200, files.get(file)];
    reader.faults.push(way);
    return [404, { error: { message: `No ${way} here.` } }];
  };
  const carryOut = () => {
    const lines = files.get('f-in')!.trimEnd().split('\n').map(line => JSON.parse(line));
    const results = lines.map(({ custom_id, body, ...rest }, at) => {
      isSame('a line', rest, kind.line);
      isSame('its model', body.model, model);
      const content = expectedAnswer(system, body.messages.at(-1).content);
      const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
      const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
      const failed = at === lines.length - 1;
      const response = failed ? { status_code: 400, body: { error: { message: 'This row is refused.' } } }
        : { status_code: 200, request_id: `req-${at}`, body: { id: `c-${at}`, model, choices, usage } };
      return { failed, line: JSON.stringify({ id: `r-${at}`, custom_id, response, error: null }) };
    });
    const of = (failed: boolean) => results.filter(result => result.failed === failed).map(({ line }) => `${line}\n`).join('');
    files.set('f-out', of(false)).set('f-err', of(true));
  };
  const server = createServer(async (request, response) => {
    reader.requests++;
    const [status, body] = await answer(request);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  reader.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return reader;
}

/** The body as the platform's own parsers take it. */
export function asResponse(request: IncomingMessage): Response {
  const headers = { 'content-type': `${request.headers['content-type']}` };
  return new Response(ReadableStream.from(request) as ReadableStream, { headers });
}
